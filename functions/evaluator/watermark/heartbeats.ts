// What sources say of themselves: up to when they have sent all they have. A rule waits for the slowest of them, as long as it is alive.
import { databases, qualified } from "../../../schema/ddl";
import { sourceNotices } from "../../../schema/facts/sourceNotices";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMillis, type Micros } from "../../shared/time";

/** A source from which no heartbeat has come for so long is no longer waited for (guess: sources post one every few seconds). Milliseconds. */
export const silentAfterMs = 60_000;
/** Who has posted none for so long is no source any more. Milliseconds. */
const forgottenAfterMs = 24 * 3_600_000;

/** The newest heartbeat of a source about a fact. */
export interface Heartbeat {
    readonly fact: string;
    readonly source: string;
    /** It has sent all up to here. */
    readonly completeTo: Micros;
    /** When the broker received it, ms. */
    readonly received: number;
}

/** A source, and whether it has stopped. */
export type Beating = Heartbeat & { readonly silent: boolean };

/** Heartbeats of live sources, as of the moment until which source_notices is complete. */
export class Heartbeats {
    private newest: readonly Heartbeat[] = [];
    private asked = false;
    private at = 0;

    constructor(private readonly database: Pick<Database, "rows">) {}

    /** Takes account of what has come; `at` (ms): source_notices is complete to it. Throws the server's error. */
    async look(at: number, came: boolean): Promise<void> {
        this.at = at;
        if (this.asked && !came) return;
        this.newest = await this.database.rows<Heartbeat>(
            `SELECT toString(fact) AS fact, toString(source_id) AS source, toUnixTimestamp64Micro(max(event_time)) AS completeTo,
                toUnixTimestamp64Milli(max(received_at)) AS received
             FROM ${qualified(databases.facts, sourceNotices.name)}
             WHERE kind = 'heartbeat' AND ifNull(run_id, '') = ''
                AND toStartOfMinute(event_time) >= {from:DateTime64(3, 'UTC')} AND received_at <= {at:DateTime64(3, 'UTC')}
             GROUP BY fact, source ORDER BY fact, source`,
            { from: clickhouseMillis(at - forgottenAfterMs), at: clickhouseMillis(at) },
        );
        this.asked = true;
    }

    /** Up to when a fact is complete by what its living sources say; undefined where none of them says anything. */
    completeTo(fact: string): Micros | undefined {
        const living = this.of(fact).filter(({ silent }) => !silent);
        return living.length === 0 ? undefined : Math.min(...living.map(({ completeTo }) => completeTo));
    }

    /** All sources of a fact that post heartbeats, or did within the last day. */
    of(fact: string): readonly Beating[] {
        return this.newest
            .filter((each) => each.fact === fact)
            .map((each) => ({ ...each, silent: this.isSilent(each) }));
    }

    private isSilent({ received }: Heartbeat): boolean {
        return this.at - received > silentAfterMs;
    }
}
