// The words a system warning is declared in. Rules ask of events what they show, as of an event time, and give the same answer for ever; a warning asks how
// the system is doing at this moment, of what forgets: offsets, parts, free space. So it has no watermark, no lateness and no backtest; the moment is
// given to it as a value all the same, so that a case in a test is judged as the present is.
import { createHash } from "node:crypto";
import { normalised, type Parameter } from "../rules/spec";

/** What somebody writes down to declare a warning. */
export interface WarningArgs {
    /** One more with each change of query or defaults: part of the alerts' identity. */
    readonly version: number;
    readonly title: string;
    readonly severity: "low" | "medium" | "high" | "critical";
    /** What entity_id names. */
    readonly entity: "feed" | "source" | "table" | "disk" | "token";
    /** Whom it is for: who runs the system, or who reads what the rules say of it. */
    readonly owner: "operations" | "surveillance";
    readonly description: string;
    readonly parameters: Readonly<Record<string, Parameter>>;
    /** Seconds between two looks. */
    readonly everySeconds: number;
    /**
     * SELECT of one row per thing that is wrong at {at}: entity_id, trigger_key (String: the same as long as it is the same trouble, or for an hour),
     * since (DateTime64: since when, as far as it shows), details (Map(String, String)). {feeds} is what Kafka says, which no table knows: of each
     * feed its name, until when its rows are stored, and the hours its topic keeps messages.
     */
    readonly query: string;
    /** What is wrong and what to do, in words; `{name}` stands for a value of details. */
    readonly reason: string;
}

/** A system warning. */
export interface Warning extends WarningArgs {
    readonly id: string;
    /** SHA-256 of the query without comments and layout. */
    readonly hash: string;
}

const types: Readonly<Record<string, string>> = {
    at: "DateTime64(3, 'UTC')",
    feeds: "Array(Tuple(String, DateTime64(3, 'UTC'), UInt32))",
};

/** Clocks that would make a warning's answer depend on more than what it is given. */
const clocks = /\b(?:now|now64|today|yesterday|nowInBlock)\s*\(/i;

/** Declares a warning. Throws a RangeError for a clock, an unknown name or a parameter that is not used. */
export function warning(id: string, args: WarningArgs): Warning {
    const known = new Map([
        ...Object.entries(types),
        ...Object.entries(args.parameters).map(([name, { type }]) => [name, type] as const),
    ]);
    const place = `schema/warnings, ${id}`;
    if (clocks.test(args.query)) throw new RangeError(`${place}: the query reads a clock; use {at}`);
    const query = args.query.trim().replace(/\{([a-z][a-z0-9_]*)\}/g, (whole, name: string) => {
        const type = known.get(name);
        if (type === undefined)
            throw new RangeError(`${place}: ${whole} is no parameter; there are ${[...known.keys()].join(", ")}`);
        return `{${name}:${type}}`;
    });
    for (const name of Object.keys(args.parameters))
        if (!query.includes(`{${name}:`)) throw new RangeError(`${place}: parameter ${name} is not used`);
    return { ...args, id, query, hash: createHash("sha256").update(normalised(query)).digest("hex") };
}
