// Alerts that wait for their target: the most urgent first, and within a severity the oldest of each entity before anybody's second.
import TinyQueue from "tinyqueue";
import { severities } from "../../../schema/detection";
import { keyOf, rankOf, type Waiting, wayOf } from "./model";

interface Entry {
    readonly item: Waiting;
    readonly key: string;
    /** How many of its entity waited before it. */
    readonly turn: number;
}

const before = (a: Entry, b: Entry): number =>
    a.turn - b.turn || a.item.alert.raisedAt - b.item.alert.raisedAt || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** Summaries of old alerts come after all that is news. */
const summaryRank = severities.length;
const laneOf = ({ kind, alert }: Waiting): number => (kind === "summary" ? summaryRank : rankOf(alert.severity));
const entityOf = ({ alert }: Waiting): string => `${alert.entityKind}|${alert.entityId}`;

/** A queue that holds at most `limit` of each severity, so that no storm of small things keeps a critical one out. */
export class WaitingQueue {
    private readonly lanes = Array.from({ length: summaryRank + 1 }, () => new TinyQueue<Entry>([], before));
    private readonly turns = new Map<string, number>();
    private readonly keys = new Set<string>();
    /** Severities of which some found no room. */
    private readonly spilled = new Set<number>();

    constructor(private readonly limit: number) {}

    get length(): number {
        return this.keys.size;
    }

    has(key: string): boolean {
        return this.keys.has(key);
    }

    /** Whether there is room again for what found none. */
    get wantsMore(): boolean {
        return [...this.spilled].some((rank) => (this.lanes[rank]?.length ?? 0) <= this.limit / 2);
    }

    /** What found no room is about to be put in again. */
    refilling(): void {
        this.spilled.clear();
    }

    /** Puts something in; where there is no room, it has to be put in again once wantsMore. */
    push(item: Waiting): void {
        const key = keyOf(item);
        const rank = laneOf(item);
        const lane = this.lanes[rank];
        if (this.keys.has(key)) return;
        if (lane === undefined || lane.length >= this.limit) {
            this.spilled.add(rank);
            return;
        }
        const entity = `${String(rank)}|${entityOf(item)}`;
        const turn = this.turns.get(entity) ?? 0;
        this.turns.set(entity, turn + 1);
        this.keys.add(key);
        lane.push({ item, key, turn });
    }

    /** What comes next; nothing while something more urgent is still to be put in. */
    peek(): Waiting | undefined {
        const rank = this.lanes.findIndex(({ length }) => length > 0);
        const overtakes = this.spilled.size > 0 && rank > Math.min(...this.spilled);
        return overtakes ? undefined : this.lanes[rank]?.peek()?.item;
    }

    /** How many wait in the severity of what comes next. */
    get pressure(): number {
        return this.lanes.find(({ length }) => length > 0)?.length ?? 0;
    }

    /** Takes what comes next, with all that is to be told of the same entity in the same way, up to `count`. */
    takeAlike(count: number): Waiting[] {
        const first = this.pop();
        if (first === undefined) return [];
        const alike: Waiting[] = [];
        for (const [rank, lane] of this.lanes.entries())
            if (this.turns.has(`${String(rank)}|${entityOf(first)}`))
                alike.push(...lane.data.filter(({ item }) => wayOf(item) === wayOf(first)).map(({ item }) => item));
        const oldest = alike.sort((a, b) => laneOf(a) - laneOf(b) || a.alert.raisedAt - b.alert.raisedAt);
        const taken = oldest.slice(0, count - 1);
        this.remove(new Set(taken.map(keyOf)));
        return [first, ...taken];
    }

    /** Takes what comes next, up to `count`, as long as it is told in the same way as the first. */
    take(count: number): Waiting[] {
        const taken: Waiting[] = [];
        const others: Waiting[] = [];
        for (let next = this.pop(); next !== undefined; next = this.pop()) {
            const [first = next] = taken;
            if (next.kind === first.kind && next.sequence === first.sequence && next.by === first.by) taken.push(next);
            else others.push(next);
            if (taken.length >= count || others.length >= count) break;
        }
        for (const other of others) this.push(other);
        return taken;
    }

    private remove(keys: ReadonlySet<string>): void {
        for (const [rank, lane] of this.lanes.entries()) {
            const [gone, left] = [
                lane.data.filter(({ key }) => keys.has(key)),
                lane.data.filter(({ key }) => !keys.has(key)),
            ];
            if (gone.length === 0) continue;
            this.lanes[rank] = new TinyQueue(left, before);
            for (const { item, key } of gone) this.forget(item, key, rank);
        }
    }

    private pop(): Waiting | undefined {
        const rank = this.lanes.findIndex(({ length }) => length > 0);
        const entry = this.lanes[rank]?.pop();
        if (entry === undefined) return undefined;
        this.forget(entry.item, entry.key, rank);
        return entry.item;
    }

    private forget(item: Waiting, key: string, rank: number): void {
        this.keys.delete(key);
        const entity = `${String(rank)}|${entityOf(item)}`;
        const left = (this.turns.get(entity) ?? 1) - 1;
        if (left === 0) this.turns.delete(entity);
        else this.turns.set(entity, left);
    }
}
