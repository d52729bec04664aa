// One declaration of a fact or reference: everything that is known of it, from the wire to the table, is derived from here.
import { z } from "zod";
import { type Column, type Columns } from "./columns";
import { envelope } from "./envelope";

type Wire<C extends Columns> = {
    [K in keyof C as C[K]["optional"] extends true ? never : K]: ValueOf<C[K]>;
} & { [K in keyof C as C[K]["optional"] extends true ? K : never]?: ValueOf<C[K]> };
type ValueOf<C> = C extends Column<infer T> ? T : never;
type NameOf<C> = (keyof C | keyof typeof envelope) & string;
type Optional = "source_seq" | "run_id" | "original_time";

/** How many events of one key share a Kafka message: five times the throughput for high-rate market data. */
export interface Packing {
    maxEvents: number;
    maxBytes: number;
    /** How long a message waits for more events, milliseconds. */
    lingerMs: number;
}

/** How soon after its arrival an event is written. */
export type Pace = "prompt" | "relaxed";

/** A topic as the broker keeps it. */
export interface TopicDeclaration {
    name: string;
    partitions: number;
    retentionHours: number;
    /** Retention per partition in bytes. */
    retentionBytes: number;
    maxMessageBytes: number;
    compacted: boolean;
}

/** What somebody writes down to declare a fact. */
export interface FactArgs<C extends Columns> {
    description: string;
    columns: C;
    /** Columns whose values make an event one and the same. */
    identity: readonly NameOf<C>[];
    /** Sort key after the minute: what one usually asks for. */
    entity: readonly NameOf<C>[];
    /** Kafka key: events of one key stay in order. */
    key: readonly NameOf<C>[];
    packing?: Packing;
    /** relaxed: written four times less often than the stack's flush interval, and looked for after pauses of six, for what nobody waits for; spares idle CPU. */
    pace?: Pace;
    /** Silence for so many minutes means that something is wrong: rules that read the fact are blind meanwhile. Only for what never rests. */
    staleAfterMinutes?: number;
    /** Days a row is kept; 30 by the mission, per stack and fact in Pulumi.<stack>.yaml. */
    retentionDays?: number;
    topic?: Partial<Omit<TopicDeclaration, "name" | "compacted">>;
    /** Columns that were declared once and may now be dropped from the table with their values; otherwise dropping one is refused. */
    allowDrop?: readonly string[];
}

/** What somebody writes down to declare reference data: `key` names the thing, each event is its state from event_time on. */
export type ReferenceArgs<C extends Columns> = Pick<FactArgs<C>, "description" | "columns" | "allowDrop"> & {
    key: readonly (keyof C & string)[];
};

/** A fact or reference, with all that follows from its declaration. */
export interface Declaration<C extends Columns = Columns> {
    readonly kind: "fact" | "reference";
    readonly name: string;
    readonly description: string;
    /** Envelope first, then its own columns. */
    readonly columns: Columns;
    readonly identity: readonly string[];
    readonly entity: readonly string[];
    readonly key: readonly string[];
    readonly packing?: Packing;
    readonly pace: Pace;
    readonly retentionDays?: number;
    readonly staleAfterMinutes?: number;
    readonly topic: TopicDeclaration;
    readonly allowDrop: readonly string[];
    /** Consumer group of the feed. */
    readonly group: string;
    /** Checks a wire event; throws a ZodError that names each bad field. */
    parse(event: unknown): Event<Declaration<C>>;
    /** The same without throwing: one line per bad field. */
    problems(event: unknown): string[];
    /** Deterministic identity from the identity columns and the run, with `|` between them; `|` and `\` in a value have a `\` before them. */
    eventId(event: Readonly<Record<string, unknown>>): string;
    /** The Kafka key. */
    kafkaKey(event: Readonly<Record<string, unknown>>): string;
    /** Only carries the type of the columns. */
    readonly own: C;
}

/** The wire event of a declaration. */
export type Event<D> =
    D extends Declaration<infer C>
        ? Wire<C> & Wire<Omit<typeof envelope, Optional>> & Partial<Wire<Pick<typeof envelope, Optional>>>
        : never;

const hour = 1;
const day = 24 * hour;
const mebibyte = 1024 * 1024;
const topicDefaults = {
    partitions: 1,
    retentionHours: 7 * day,
    retentionBytes: 2048 * mebibyte,
    // What the malformed-message tests send at most; larger ones are refused by the broker, at the producer.
    maxMessageBytes: 6 * mebibyte,
};

/** A value as a part of an identity: what joins the parts is escaped, else "a|b" and "c" would be taken for "a" and "b|c". */
function part(value: unknown): string {
    const text =
        typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
    return text.replace(/[\\|]/g, "\\$&");
}

function joined(event: Readonly<Record<string, unknown>>, names: readonly string[]): string {
    return names.map((name) => part(event[name])).join("|");
}

function declare<C extends Columns>(
    name: string,
    kind: "fact" | "reference",
    args: FactArgs<C>,
    compacted: boolean,
): Declaration<C> {
    const columns: Columns = { ...envelope, ...args.columns };
    const validator = z.strictObject(Object.fromEntries(Object.entries(columns).map(([key, c]) => [key, c.validator])));
    const { packing, retentionDays, staleAfterMinutes } = args;
    return {
        kind,
        name,
        description: args.description,
        columns,
        own: args.columns,
        identity: args.identity,
        entity: args.entity,
        key: args.key,
        ...(packing === undefined ? {} : { packing }),
        ...(retentionDays === undefined ? {} : { retentionDays }),
        ...(staleAfterMinutes === undefined ? {} : { staleAfterMinutes }),
        pace: args.pace ?? "prompt",
        allowDrop: args.allowDrop ?? [],
        topic: { ...topicDefaults, ...args.topic, name: `trading.${name}.v1`, compacted },
        group: `clickhouse.${name}`,
        parse: (event) => validator.parse(event) as unknown as Event<Declaration<C>>,
        problems: (event) =>
            validator.safeParse(event).error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [],
        eventId: (event) =>
            [
                joined(event, args.identity),
                ...(typeof event["run_id"] === "string" ? [part(event["run_id"])] : []),
            ].join("|"),
        kafkaKey: (event) => joined(event, args.key),
    };
}

/** Declares a fact: something that happened, kept for its retention. */
export function fact<const C extends Columns>(name: string, args: FactArgs<C>): Declaration<C> {
    return declare(name, "fact", { retentionDays: 30, ...args }, false);
}

/** Declares reference data: a compacted topic and a table of versions, read with valid_from and valid_to. */
export function reference<const C extends Columns>(name: string, args: ReferenceArgs<C>): Declaration<C> {
    const identity: NameOf<C>[] = [...args.key, "event_time"];
    return declare(name, "reference", { ...args, pace: "relaxed", identity, entity: args.key }, true);
}
