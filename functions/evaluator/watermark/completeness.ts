// Until when each fact is complete: the broker's ends against what the feeds have committed and stored.
import { type Declaration } from "../../../schema";
import { type Position } from "../../../schema/positions";
import { type Feeds } from "./feeds";
import { Snapshots } from "./snapshots";

/** How far a fact has come. */
export interface Reach {
    /** Every row the broker received until then is stored; milliseconds since 1970. */
    readonly completeTo: number;
    /** Whether its feed has committed anything since the look before. */
    readonly moved: boolean;
}

/** The latest `received_at` of each partition of a fact among what was stored in the last minutes, in ms. */
export type LastStored = (fact: string, minutes: number) => Promise<ReadonlyMap<number, number>>;

/** Minutes that are looked at first of a fact, and later, when what was stored before has been seen. */
const [firstMinutes, laterMinutes] = [10, 1] as const;

interface Followed {
    readonly snapshots: Snapshots;
    committed: string;
    completeTo: number;
}

/** Looks at the topics of facts. */
export class Completeness {
    private readonly followed = new Map<string, Followed>();

    constructor(
        private readonly feeds: Pick<Feeds, "positions">,
        private readonly lastStored: LastStored,
        private readonly now: () => number = Date.now,
    ) {}

    /** How far each of the facts has come, by name. Throws when Kafka or ClickHouse does not answer. */
    async look(declarations: readonly Declaration[]): Promise<Map<string, Reach>> {
        // One moment for all: facts that are caught up are then complete to the same time.
        const at = this.now();
        const found = await this.feeds.positions(declarations);
        const reaches = [...found].map(
            async ([name, positions]) => [name, await this.reach(name, positions, at)] as const,
        );
        return new Map(await Promise.all(reaches));
    }

    private async reach(name: string, found: readonly Position[], at: number): Promise<Reach> {
        const followed = this.followed.get(name) ?? { snapshots: new Snapshots(), committed: "", completeTo: 0 };
        this.followed.set(name, followed);
        const reached = followed.snapshots.note(at, found) ?? 0;
        const behind = found.filter(({ committed, high }) => committed < high);
        const byRows = reached < at - 1 ? await this.byRows(name, behind, followed.completeTo === 0) : 0;
        // What was once complete stays so.
        followed.completeTo = Math.max(followed.completeTo, reached, byRows);
        const committed = found.map((position) => `${String(position.partition)}:${String(position.committed)}`).join();
        const moved = committed !== followed.committed;
        followed.committed = committed;
        return { completeTo: followed.completeTo, moved };
    }

    /** While a feed lags, its rows tell: a partition is read in order, so all before the last row that is stored is stored as well. */
    private async byRows(fact: string, behind: readonly Position[], first: boolean): Promise<number> {
        const stored = await this.lastStored(fact, first ? firstMinutes : laterMinutes);
        // The last millisecond may be there in part only.
        return Math.min(...behind.map(({ partition }) => (stored.get(partition) ?? 0) - 1));
    }
}
