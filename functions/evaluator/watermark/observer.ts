// One look at all that rules read: how far each fact is complete, and what came of each run since the look before.
import { type Declaration } from "../../../schema";
import { type Database } from "../../shared/clickhouse";
import { type Known } from "../store";
import { type Arrival, arrivals } from "./activity";
import { type Completeness } from "./completeness";

/** What a look found. */
export interface Observed {
    /** Until when each fact is complete, ms. */
    readonly complete: Known;
    /** Rows that came since the look before, by fact; facts without any are left out. */
    readonly arrived: ReadonlyMap<string, readonly Arrival[]>;
    /** Whether any feed has moved. */
    readonly moved: boolean;
}

/** Looks at facts and references; every row is told of once, unless a restart makes it begin again a little earlier. */
export class Observer {
    private readonly seenTo = new Map<string, number>();
    private readonly movedBefore = new Set<string>();

    /**
     * `from`: rows the broker received before have been taken account of, ms. `others`: facts and references that no rule reads; only how far they are
     * is told, which costs nothing more.
     */
    constructor(
        private readonly database: Database,
        private readonly completeness: Pick<Completeness, "look">,
        private readonly declarations: readonly Declaration[],
        private readonly from: number,
        private readonly others: readonly Declaration[] = [],
    ) {}

    /** Looks. Throws when Kafka or ClickHouse does not answer; the next look then tells what this one did not. */
    async look(): Promise<Observed> {
        const reaches = await this.completeness.look([...this.declarations, ...this.others]);
        const read = new Set(this.declarations.map(({ name }) => name));
        const found = [...reaches].map(([fact, { completeTo, moved: committed }]) => {
            const moved = committed && read.has(fact);
            const from = this.seenTo.get(fact);
            // What a feed has read is complete a look later at the latest.
            const quiet = from !== undefined && !moved && !this.movedBefore.has(fact);
            const since = from ?? this.from;
            const asked = read.has(fact) && !quiet && completeTo > since;
            return { fact, since, completeTo: Math.max(completeTo, since), moved, asked };
        });
        const spans = found.filter(({ asked }) => asked);
        const arrived = await arrivals(
            this.database,
            spans.map(({ fact, since, completeTo }) => ({ fact, from: since, to: completeTo })),
        );
        for (const { fact, completeTo, moved } of found) {
            this.seenTo.set(fact, completeTo);
            if (moved) this.movedBefore.add(fact);
            else this.movedBefore.delete(fact);
        }
        return {
            complete: new Map(found.map(({ fact, completeTo }) => [fact, completeTo])),
            arrived,
            moved: found.some(({ moved }) => moved),
        };
    }
}
