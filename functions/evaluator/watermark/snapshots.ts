// Until when a fact is complete, from offsets alone: what the broker held at a moment is stored once the feed has committed up to there.
import { type Position } from "../../../schema/positions";

/** Moments kept while a feed is behind: with more, every other one is forgotten, so that a long backlog costs no memory. */
const kept = 64;

interface Snapshot {
    at: number;
    ends: ReadonlyMap<number, bigint>;
}

/** The ends of a topic's partitions at several moments, and which of them its feed has reached. */
export class Snapshots {
    private waiting: Snapshot[] = [];
    private reached: number | undefined;

    /**
     * Takes the positions of a topic. `at`: milliseconds since 1970, before the ends were asked for.
     * @returns until when everything the broker received is stored, in ms: undefined while no moment that was looked at has been reached
     */
    note(at: number, positions: readonly Position[]): number | undefined {
        this.waiting.push({ at, ends: new Map(positions.map(({ partition, high }) => [partition, high])) });
        const committed = new Map(positions.map((position) => [position.partition, position.committed]));
        // A partition that is gone has nothing left to wait for.
        const done = ({ ends }: Snapshot): boolean =>
            [...ends].every(([partition, high]) => (committed.get(partition) ?? high) >= high);
        const last = this.waiting.findLastIndex(done);
        if (last >= 0) {
            // A message of the very millisecond may have come after the look.
            this.reached = (this.waiting[last]?.at ?? at) - 1;
            this.waiting = this.waiting.slice(last + 1);
        }
        if (this.waiting.length > kept) this.waiting = this.waiting.filter((_, index) => index % 2 === 1);
        return this.reached;
    }
}
