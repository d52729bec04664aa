// The language mappings are written in, as zod sees it. Texts only: a mapping is YAML without guessed types, so that `1.10` stays `1.10`.
import { z } from "zod";
import { timeForms } from "./times";

const path = z.string().regex(/\S/, "names no field");
const yes = z.literal("true", "must be true or left out").transform(() => true);
/** A list, which may be written without brackets when it has one element. */
const oneOrMore = <T extends z.ZodType>(item: T) =>
    z.preprocess((value: unknown): unknown[] => (Array.isArray(value) ? value : [value]), z.array(item).min(1));

/** One of the values; or whether there is a value; or none of the values. */
const test = z.preprocess(
    (value) => (typeof value === "string" || Array.isArray(value) ? { is: value } : value),
    z
        .strictObject({
            is: oneOrMore(z.string()).optional(),
            not: oneOrMore(z.string()).optional(),
            exists: z
                .enum(["true", "false"])
                .transform((word) => word === "true")
                .optional(),
        })
        .refine((each) => Object.values(each).filter((value) => value !== undefined).length === 1, {
            message: "must be a value, a list of values, or one of exists, not",
        }),
);

/** Field by field, all of which must hold. */
const allOf = z.record(path, test).refine((tests) => Object.keys(tests).length > 0, "asks nothing");

/** One or several sets of tests, any of which must hold. */
const condition = oneOrMore(allOf);
export type ConditionShape = z.output<typeof condition>;

/** What is done to a value once it is found, in this order. */
const steps = {
    /** Raw values that mean there is none, e.g. 0 (in any notation) for a price that does not apply. */
    absent: oneOrMore(z.string()).optional(),
    /** The value is base64 of a whole number in two's complement bytes, as Debezium's precise decimals are. */
    base64: yes.optional(),
    /** Digits to move behind the point, e.g. 2 for cents; or the field that says how many. */
    scale: path.transform((text) => (/^-?\d{1,3}$/.test(text) ? Number(text) : text)).optional(),
    /** Drops the sign. */
    absolute: yes.optional(),
    /** A word by the sign of a number. */
    sign: z.strictObject({ negative: z.string(), positive: z.string() }).optional(),
    /** How the time is written. */
    time: z.enum(timeForms).optional(),
    /** Ours by theirs; what is not named is an error, unless `else` says what it becomes. */
    map: z.record(z.string(), z.string()).optional(),
    else: z.string().optional(),
    /** The value where there is none. */
    default: z.string().optional(),
};

const sources = ["const", "field", "first", "join", "sum", "difference", "levels"] as const;

/** Where a value comes from, and what is done to it. */
export interface ExpressionShape {
    /** Where it does not hold there is no value. */
    when?: ConditionShape | undefined;
    const?: string | undefined;
    field?: string[] | undefined;
    /** The first of them that has a value. */
    first?: ExpressionShape[] | undefined;
    join?: ExpressionShape[] | undefined;
    /** Between joined parts. */
    with?: string | undefined;
    sum?: ExpressionShape[] | undefined;
    difference?: ExpressionShape[] | undefined;
    levels?: string | undefined;
    price?: ExpressionShape | undefined;
    quantity?: ExpressionShape | undefined;
    absent?: string[] | undefined;
    base64?: boolean | undefined;
    scale?: number | string | undefined;
    absolute?: boolean | undefined;
    sign?: { negative: string; positive: string } | undefined;
    time?: (typeof timeForms)[number] | undefined;
    map?: Record<string, string> | undefined;
    else?: string | undefined;
    default?: string | undefined;
}

const detailed = z.lazy(() =>
    z
        .strictObject({
            when: condition.optional(),
            const: z.string().optional(),
            field: oneOrMore(path).optional(),
            first: z.array(expression).min(2).optional(),
            join: z.array(expression).min(2).optional(),
            with: z.string().optional(),
            sum: z.array(expression).min(2).optional(),
            difference: z.array(expression).length(2).optional(),
            levels: path.optional(),
            price: expression.optional(),
            quantity: expression.optional(),
            ...steps,
        })
        .superRefine((shape, context) => {
            const given = sources.filter((source) => shape[source] !== undefined);
            const complain = (message: string): void => context.addIssue({ code: "custom", message });
            if (given.length !== 1) complain(`must say where the value is from: one of ${sources.join(", ")}`);
            if ((shape.levels === undefined) !== (shape.price === undefined || shape.quantity === undefined))
                complain("levels needs price and quantity, and nothing else does");
            if (shape.else !== undefined && shape.map === undefined) complain("else needs map");
        }),
);

/** A path, or a list of them, by itself is short for `field: …`. */
const expression: z.ZodType<ExpressionShape> = z.preprocess(
    (value) => (typeof value === "string" || Array.isArray(value) ? { field: value } : value),
    detailed,
);

/** Columns of a fact, each with where its value comes from. */
export const columns = z.record(z.string(), expression);

/** A rule: which records become events of a fact, and how. */
export const rule = z.strictObject({
    fact: z.string(),
    when: condition.optional(),
    /** A list in the record, each element of which is an event. */
    each: path.optional(),
    /** Two records make one event, e.g. the reports of a trade's two sides; `set` then reads `maker.…` and `taker.…`. */
    pair: z.strictObject({ by: expression, maker: condition }).optional(),
    set: columns,
});

const kafkaInput = z.strictObject({
    topics: oneOrMore(z.string().min(1)),
    /** Bootstrap brokers of the venue's own Kafka; absent: the ones our events go to. */
    brokers: oneOrMore(z.string().min(1)).optional(),
    group: z.string().min(1).optional(),
    from: z.enum(["earliest", "latest"]).default("earliest"),
});

const format = z.discriminatedUnion("type", [
    z.strictObject({
        type: z.literal("json"),
        /** debezium: the change event inside Kafka Connect's schema envelope, deletions' tombstones passed over. */
        unwrap: z.literal("debezium").optional(),
        /** Fields whose text is JSON again, e.g. an outbox's payload. */
        parse: oneOrMore(path).optional(),
    }),
    z.strictObject({
        type: z.literal("fix"),
        /** ignore: for logs whose values were masked, so that checksums no longer hold. */
        checksum: z.enum(["verify", "ignore"]).default("verify"),
    }),
    z.strictObject({ type: z.enum(["avro", "protobuf"]), registry: z.url() }),
]);

/** A mapping file. */
export const mappingShape = z.strictObject({
    version: z.literal("1", "this program reads version 1"),
    source: z.strictObject({
        id: z
            .string()
            .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/, "must be letters, digits, . _ - and /, at most 100 of them"),
    }),
    input: z
        .strictObject({
            kafka: kafkaInput.optional(),
            file: z.strictObject({ path: z.string().min(1) }).optional(),
            stdin: z.strictObject({}).optional(),
        })
        .refine((input) => Object.values(input).filter((each) => each !== undefined).length === 1, {
            message: "must be one of kafka, file, stdin",
        }),
    format,
    /** When the source sent the record, beside when it happened: what clock skew is told from. */
    clock: expression.optional(),
    /** The number the source counts its records with, ignored ones included; `within` names what it counts apart. */
    sequence: z.strictObject({ field: path, within: oneOrMore(path).optional() }).optional(),
    /** Records that are of no interest; all others must match a rule. */
    ignore: condition.optional(),
    /** Columns of every event, where its fact has them and the rule does not say otherwise. */
    common: columns.default({}),
    events: z.array(rule).min(1),
});

export type MappingShape = z.output<typeof mappingShape>;
export type RuleShape = z.output<typeof rule>;
