// Kind: a source of HyperDX: a table of ClickHouse that its search and charts offer.
import { z } from "zod";
import { compare } from "../changes";
import { type Context, type Kind } from "../kind";
import { reconciled, type ServerForms, serverForms } from "../forms";
import { adopted, declarable, notImported, type Stored, stored, type Things } from "./things";

/** What sources of every kind have. */
interface Common {
    /** Also how people choose it; the server takes the same one twice. */
    name: string;
    /** Id of a connection. */
    connection: string;
    /** Time of a row, part of the table's sort key. */
    timestampValueExpression: string;
    /** Heading under which it is listed. */
    section?: string;
}

interface Table {
    databaseName: string;
    tableName: string;
}

/** Rows with a time: logs, and whatever else happens. */
export interface LogSource extends Common {
    kind: "log";
    from: Table;
    /** Columns that are shown, with commas between them. */
    defaultTableSelectExpression: string;
    bodyExpression?: string;
    serviceNameExpression?: string;
    severityTextExpression?: string;
    eventAttributesExpression?: string;
    resourceAttributesExpression?: string;
    traceIdExpression?: string;
    spanIdExpression?: string;
    implicitColumnExpression?: string;
}

/** Spans. */
export interface TraceSource extends Omit<LogSource, "kind" | "severityTextExpression" | "bodyExpression"> {
    kind: "trace";
    durationExpression: string;
    /** Digits of a second in the duration: 9 for nanoseconds. */
    durationPrecision: number;
    traceIdExpression: string;
    spanIdExpression: string;
    parentSpanIdExpression: string;
    spanNameExpression: string;
    spanKindExpression: string;
    statusCodeExpression?: string;
}

/** OpenTelemetry's metrics, by their kind. */
export interface MetricSource extends Common {
    kind: "metric";
    from: Table;
    metricTables: Record<string, string>;
    resourceAttributesExpression: string;
}

/** A source's inputs. */
export type SourceInputs = LogSource | TraceSource | MetricSource;

const text = z.string().min(1, "must not be empty");
const maybe = text.exactOptional();

const common = {
    name: text,
    connection: z.string().regex(/^[0-9a-f]{24}$/, "must be the id of a connection"),
    timestampValueExpression: text,
    section: maybe,
};
const table = z.strictObject({ databaseName: text, tableName: text });
const rows = {
    ...common,
    from: table,
    defaultTableSelectExpression: text,
    ...{ serviceNameExpression: maybe, eventAttributesExpression: maybe, resourceAttributesExpression: maybe },
    implicitColumnExpression: maybe,
};

const shape: z.ZodType<SourceInputs> = z.discriminatedUnion("kind", [
    z.strictObject({
        kind: z.literal("log"),
        ...rows,
        ...{ bodyExpression: maybe, severityTextExpression: maybe, traceIdExpression: maybe, spanIdExpression: maybe },
    }),
    z.strictObject({
        kind: z.literal("trace"),
        ...rows,
        ...{ durationExpression: text, traceIdExpression: text, spanIdExpression: text, parentSpanIdExpression: text },
        durationPrecision: z.int().min(0).max(9),
        ...{ spanNameExpression: text, spanKindExpression: text, statusCodeExpression: maybe },
    }),
    z.strictObject({
        kind: z.literal("metric"),
        ...common,
        // Of metrics the tables have their own property; this one names the database.
        from: table.extend({ tableName: z.string() }),
        metricTables: z.partialRecord(z.enum(["gauge", "histogram", "sum", "summary", "exponential histogram"]), text),
        resourceAttributesExpression: text,
    }),
]);

const things: Things = { path: "/sources", noun: "source" };
const pathOf = (id: string): string => `${things.path}/${id}`;

/** Created and updated alike: a PUT replaces all of it, its kind as well. */
async function put(
    context: Context,
    id: string | undefined,
    inputs: SourceInputs,
): Promise<{ id: string; outputs: object }> {
    const { hyperdx } = context.clients;
    const answer = await (id === undefined
        ? hyperdx.send<Stored>("POST", things.path, inputs)
        : hyperdx.send<Stored>("PUT", pathOf(id), inputs));
    return { id: answer.id, outputs: outputsOf(inputs, serverForms(inputs, declarable(answer))) };
}

const outputsOf = ({ name }: SourceInputs, server: ServerForms): object => ({ name, server });

export const source: Kind<SourceInputs> = {
    shape,
    title: ({ name }) => `source ${name}`,
    diff: (_context, old, inputs) => ({ changes: compare(old.inputs, inputs) }),
    async create(context, inputs) {
        return put(context, (await adopted(context, things, inputs.name))?.id, inputs);
    },
    async update(context, old, inputs) {
        return (await put(context, old.id, inputs)).outputs;
    },
    async read(context, id, old) {
        if (old === undefined) throw notImported(things, id);
        const answer = await stored(context, things, id);
        if (answer === undefined) return undefined;
        const forms = (old.outputs["server"] ?? {}) as ServerForms;
        const inputs = reconciled(old.inputs, forms, declarable(answer) as unknown as SourceInputs);
        return { id, inputs, outputs: outputsOf(inputs, forms) };
    },
    async delete({ clients }, { id }) {
        await clients.hyperdx.delete(pathOf(id));
    },
};
