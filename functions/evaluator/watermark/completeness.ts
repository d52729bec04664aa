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

/** The latest `received_at` of each partition of facts among what was stored in the last seconds, in ms. */
export type LastStored = (
    facts: readonly string[],
    seconds: number,
) => Promise<ReadonlyMap<string, ReadonlyMap<number, number>>>;

/** Seconds that are looked at first of a fact, and later, when what was stored before has been seen. */
const [firstSeconds, laterSeconds] = [600, 15] as const;

interface Followed {
    readonly snapshots: Snapshots;
    committed: string;
    completeTo: number;
}

/** A fact at a look. */
interface Reaching {
    readonly name: string;
    readonly followed: Followed;
    readonly reached: number;
    readonly behind: readonly Position[];
    readonly moved: boolean;
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
        const reached = [...found].map(([name, positions]) => this.reach(name, positions, at));
        const lagging = reached.filter((each) => each.reached < at - 1);
        const stored = new Map([
            ...(await this.rowsOf(
                lagging.filter(({ followed }) => followed.completeTo === 0),
                firstSeconds,
            )),
            ...(await this.rowsOf(
                lagging.filter(({ followed }) => followed.completeTo > 0),
                laterSeconds,
            )),
        ]);
        for (const { name, followed, behind } of lagging)
            followed.completeTo = Math.max(followed.completeTo, byRows(behind, stored.get(name)));
        return new Map(reached.map(({ name, followed, moved }) => [name, { completeTo: followed.completeTo, moved }]));
    }

    private rowsOf(facts: readonly Reaching[], seconds: number): ReturnType<LastStored> {
        const names = facts.map(({ name }) => name);
        return names.length === 0 ? Promise.resolve(new Map()) : this.lastStored(names, seconds);
    }

    /** How far the offsets alone tell; what was once complete stays so. */
    private reach(name: string, found: readonly Position[], at: number): Reaching {
        const followed = this.followed.get(name) ?? { snapshots: new Snapshots(), committed: "", completeTo: 0 };
        this.followed.set(name, followed);
        const reached = followed.snapshots.note(at, found) ?? 0;
        const behind = found.filter(({ committed, high }) => committed < high);
        const committed = found.map((position) => `${String(position.partition)}:${String(position.committed)}`).join();
        const moved = committed !== followed.committed;
        followed.committed = committed;
        if (reached > 0) followed.completeTo = Math.max(followed.completeTo, reached);
        return { name, followed, reached, behind, moved };
    }
}

/** While a feed lags, its rows tell: a partition is read in order, so all before the last row that is stored is stored as well. */
const byRows = (behind: readonly Position[], stored: ReadonlyMap<number, number> | undefined): number =>
    // The last millisecond may be there in part only.
    Math.min(...behind.map(({ partition }) => (stored?.get(partition) ?? 0) - 1));
