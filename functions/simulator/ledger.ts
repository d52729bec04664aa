// The simulator's own account of what it sent: by fact, symbol and hour, to be compared with what is stored, to the row.
import { crc32 } from "node:zlib";
import { type Declaration, type Event } from "../../schema";
import { controlTotals } from "../../schema/facts/controlTotals";
import { measures } from "../../schema/views";
import { fixed } from "./core/decimals";
import { type SimulatedEvent } from "./core/journal";

/** Columns that say what an event is about, and how much of it; the first that a fact has. */
const groups = ["symbol", "asset", "token"] as const;
/** Decimal places that every amount is brought to before it is added up. */
export const amountDecimals = 18;

/** What is added up of a fact. */
export interface Measure {
    /** Column of the symbol, asset or token; undefined: all of the fact together. */
    readonly group: string | undefined;
    /** Column of the amount; undefined where it has none. */
    readonly amount: string | undefined;
}

/** What is added up of a fact: the same here, in the control totals and in the comparison. */
export function measureOf({ columns }: Declaration): Measure {
    const amount = ["quantity", "amount"].find((column) => columns[column]?.optional === false);
    return { group: groups.find((column) => columns[column]?.optional === false), amount };
}

/** Totals of the events of one fact, source, symbol and hour. */
export interface Total {
    readonly declaration: Declaration;
    readonly source: string;
    readonly symbol: string | null;
    /** Start of the hour, e.g. 2026-11-22T14:00:00Z. */
    readonly hour: string;
    events: number;
    /** Sum of the amounts in 10^-18; null where the fact has none. */
    amount: bigint | null;
    /** Exclusive or of the CRC-32 of all event ids: differs when one event is replaced by another. */
    checksum: number;
    readonly firstSequence: string;
    lastSequence: string;
}

/** A decimal string in units of 10^-18. */
export function units(text: string): bigint {
    const [whole = "0", fraction = ""] = text.split(".");
    return BigInt(whole + fraction.padEnd(amountDecimals, "0"));
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Adds up events. */
export class Ledger {
    private readonly groups = new Map<string, Total>();
    private readonly measures = new Map<Declaration, Measure>();
    private count = 0;

    /** Events taken in. */
    get events(): number {
        return this.count;
    }

    /** All totals, in the order of their first events. */
    get totals(): readonly Total[] {
        return [...this.groups.values()];
    }

    add({ declaration, event }: SimulatedEvent): void {
        const { group, amount } = this.measure(declaration);
        const symbol = group === undefined ? null : textOf(event[group]);
        const source = textOf(event["source_id"]);
        const hour = event.event_time.slice(0, 13);
        const sequence = event.source_seq ?? "";
        const total = this.total(`${declaration.name} ${source} ${symbol ?? ""} ${hour}`, () => ({
            declaration,
            source,
            symbol,
            hour: `${hour}:00:00Z`,
            events: 0,
            amount: amount === undefined ? null : 0n,
            checksum: 0,
            firstSequence: sequence,
            lastSequence: sequence,
        }));
        this.count++;
        total.events++;
        total.lastSequence = sequence;
        total.checksum = (total.checksum ^ crc32(event.event_id)) >>> 0;
        if (amount !== undefined) total.amount = (total.amount ?? 0n) + units(textOf(event[amount]));
    }

    private total(slot: string, make: () => Total): Total {
        const known = this.groups.get(slot);
        if (known !== undefined) return known;
        const made = make();
        this.groups.set(slot, made);
        return made;
    }

    private measure(declaration: Declaration): Measure {
        const known = this.measures.get(declaration) ?? measureOf(declaration);
        this.measures.set(declaration, known);
        return known;
    }
}

const hourMs = 3_600_000;

/** The totals of facts that are reconciled as events, each of the moment its hour was over, for whoever compares what was sent with what came. */
export function* controlTotalEvents(ledger: Ledger, run: string): Generator<SimulatedEvent> {
    for (const { declaration, source, symbol, hour, events, amount, firstSequence, lastSequence } of ledger.totals) {
        if (!measures.some((measure) => measure.declaration === declaration)) continue;
        const event: Event<typeof controlTotals> = {
            event_id: "",
            event_time: new Date(Date.parse(hour) + hourMs).toISOString(),
            source_id: source,
            // The source's own numbers are those of its events; a total is not one of them.
            source_seq: null,
            origin: "synthetic",
            run_id: run,
            fact: declaration.name,
            symbol,
            hour,
            revision: "1",
            events: String(events),
            quantity: amount === null ? null : fixed(amount, amountDecimals),
            first_seq: firstSequence,
            last_seq: lastSequence,
        };
        event.event_id = controlTotals.eventId(event);
        yield { declaration: controlTotals, event };
    }
}
