// Watches the number a source counts its records with, over all of them: what is missing there was lost before it came here.
import { type Mapping } from "./mapping/load";
import { parsePath, type Scope, valueAt } from "./record";

/** Counters watched at once; the one not heard of for longest goes. */
const maxCounters = 10_000;

/** What a record's number says. */
export type Sighting =
    | { readonly is: "next" }
    | { readonly is: "gap"; readonly within: string; readonly first: bigint; readonly last: bigint }
    | { readonly is: "repeated"; readonly within: string; readonly number: bigint }
    | { readonly is: "restart"; readonly within: string; readonly before: bigint };

/** Remembers the last number of each counter. */
export class SequenceWatch {
    private readonly last = new Map<string, bigint>();
    private readonly read: ((scope: Scope) => { within: string; number: bigint } | undefined) | undefined;

    constructor(sequence: Mapping["sequence"]) {
        if (sequence === undefined) return;
        const field = parsePath(sequence.field);
        const names = (sequence.within ?? []).map(parsePath);
        const text = (scope: Scope, path: typeof field): string => {
            const value = valueAt(scope, path);
            return typeof value === "string" ? value : "";
        };
        this.read = (scope) => {
            const digits = text(scope, field);
            if (!/^\d{1,20}$/.test(digits)) return undefined;
            return { within: names.map((name) => text(scope, name)).join("/"), number: BigInt(digits) };
        };
    }

    /** Takes a record's number in; undefined where it has none. A counter that starts at 0 or 1 again is a new session's. */
    see(scope: Scope): Sighting | undefined {
        const seen = this.read?.(scope);
        if (seen === undefined) return undefined;
        const { within, number } = seen;
        const before = this.last.get(within);
        const forward = before === undefined || number > before || number <= 1n;
        if (forward) this.remember(within, number);
        if (before === undefined || number === before + 1n) return { is: "next" };
        if (number > before) return { is: "gap", within, first: before + 1n, last: number - 1n };
        return number <= 1n && before > 1n ? { is: "restart", within, before } : { is: "repeated", within, number };
    }

    private remember(within: string, number: bigint): void {
        this.last.delete(within);
        this.last.set(within, number);
        if (this.last.size <= maxCounters) return;
        const [oldest] = this.last.keys();
        if (oldest !== undefined) this.last.delete(oldest);
    }
}
