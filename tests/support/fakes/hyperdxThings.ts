// For tests: HyperDX's connections, sources and dashboards. What it does not know it drops without a word; what it is not told it keeps, or not.
import { z } from "zod";
import { type FakeAnswer } from "./server";

export type Thing = Record<string, unknown> & { id: string };

export const json = (body: unknown): FakeAnswer => ({ body: JSON.stringify(body) });
export const html = (status: number, words: string): FakeAnswer => ({
    status,
    headers: { "content-type": "text/html" },
    body: words,
});
const text = (status: number, words: string): FakeAnswer => ({
    status,
    headers: { "content-type": "text/plain" },
    body: words,
});
const refused = (message: string): FakeAnswer => ({ status: 400, ...json({ message }) });

const objectId = z.string().regex(/^[0-9a-f]{24}$/, "Invalid ObjectId");

const connectionShape = z.object({
    name: z.string().min(1),
    host: z.string().min(1),
    username: z.string(),
    password: z.string().optional(),
});

const from = z.object({ databaseName: z.string(), tableName: z.string() });
const expression = z.string().optional();
const base = { name: z.string().min(1), connection: objectId, from, timestampValueExpression: z.string().min(1) };
const log = {
    ...base,
    ...{ section: expression, defaultTableSelectExpression: z.string().min(1), bodyExpression: expression },
    ...{ serviceNameExpression: expression, severityTextExpression: expression, implicitColumnExpression: expression },
    ...{ eventAttributesExpression: expression, resourceAttributesExpression: expression },
    ...{ traceIdExpression: expression, spanIdExpression: expression },
};
const sourceShape = z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("log"), ...log }),
    z.object({
        ...{ kind: z.literal("trace"), ...log, durationExpression: z.string(), durationPrecision: z.number() },
        ...{ parentSpanIdExpression: z.string(), spanNameExpression: z.string(), spanKindExpression: z.string() },
        statusCodeExpression: expression,
    }),
    z.object({
        ...{ kind: z.literal("metric"), ...base, section: expression },
        metricTables: z.record(z.string(), z.string()).refine((tables) => Object.keys(tables).length > 0),
        resourceAttributesExpression: z.string(),
    }),
]);
const sourceDefaults = {
    ...{ disabled: false, querySettings: [], highlightedTraceAttributeExpressions: [] },
    ...{ highlightedRowAttributeExpressions: [], materializedViews: [] },
};

const tileConfig = z.union([
    z.object({ displayType: z.literal("markdown"), markdown: z.string() }),
    z.object({
        configType: z.literal("sql"),
        displayType: z.enum(["line", "stacked_bar", "table", "number", "pie", "bar"]),
        connectionId: objectId,
        sqlTemplate: z.string().max(100_000),
        fillNulls: z.boolean().optional(),
        numberFormat: z.looseObject({ output: z.string() }).optional(),
        onClick: z.looseObject({ type: z.string() }).optional(),
    }),
]);
const tileShape = z.object({
    id: z.string().max(36).optional(),
    name: z.string(),
    ...{ x: z.number().min(0).max(23), y: z.number().min(0), w: z.number().min(1).max(24), h: z.number().min(1) },
    config: tileConfig,
});
const filterShape = z
    .object({
        ...{ id: z.string().optional(), type: z.literal("QUERY_EXPRESSION"), name: z.string().min(1) },
        ...{ expression: z.string().min(1), sourceId: objectId, variableName: z.string().optional() },
        ...{ isBroadcastEnabled: z.boolean().optional(), isVariableEnabled: z.boolean().optional() },
    })
    .refine((each) => each.isBroadcastEnabled !== false || each.isVariableEnabled === true, {
        message: "A filter must broadcast or be a variable",
    });
const dashboardShape = z.object({
    name: z.string().max(1_024),
    tiles: z.array(tileShape).max(500),
    tags: z.array(z.string().max(32)).max(50).optional(),
    filters: z.array(filterShape).optional(),
    containers: z.array(z.looseObject({ id: z.string() })).optional(),
    savedQuery: z.string().nullable().optional(),
    savedFilterValues: z.array(z.unknown()).optional(),
});
type DashboardBody = z.output<typeof dashboardShape>;

/** `Body validation failed: tiles.0.name: Required; …` */
const failure = ({ issues }: z.ZodError): FakeAnswer =>
    refused(`Body validation failed: ${issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ")}`);

type Router = "connections" | "sources" | "dashboards";

/** What is in it, by id. */
export class Things {
    readonly connections = new Map<string, Thing>();
    readonly sources = new Map<string, Thing>();
    readonly dashboards = new Map<string, Thing>();
    /** Passwords of connections, which no answer shows. */
    readonly passwords = new Map<string, string | undefined>();
    private last = 0x65a0_0000;

    newId(): string {
        return (this.last++).toString(16).padStart(24, "0");
    }

    answer(method: string, path: string, body: string): FakeAnswer {
        const [router = "", id] = path.split("/");
        if (!(router === "connections" || router === "sources" || router === "dashboards"))
            return html(404, "Cannot find it");
        if (method === "POST" && id === "validate") return this.validated(JSON.parse(body));
        if (id === undefined) return method === "GET" ? this.list(router) : this.written(router, undefined, body);
        if (!objectId.safeParse(id).success) return refused("Params validation failed: id: Invalid ObjectId");
        if (method === "DELETE") return this.deleted(router, id);
        const found = this[router].get(id);
        if (found === undefined) return this.gone(router);
        return method === "GET" ? json({ data: found }) : this.written(router, id, body);
    }

    /** Sources say so in JSON, the others in plain text. */
    private gone(router: Router): FakeAnswer {
        return router === "sources"
            ? { status: 404, ...json({ message: "Source not found" }) }
            : text(404, "Not Found");
    }

    private list(router: Router): FakeAnswer {
        return json({ data: [...this[router].values()] });
    }

    /** Whoever still uses it keeps an id that leads nowhere. A dashboard can be deleted again and again. */
    private deleted(router: Router, id: string): FakeAnswer {
        const was = this[router].delete(id);
        return was || router === "dashboards" ? json({}) : this.gone(router);
    }

    private written(router: Router, id: string | undefined, body: string): FakeAnswer {
        const sent: unknown = JSON.parse(body);
        if (router === "connections") return this.connection(id, sent);
        return router === "sources" ? this.source(id, sent) : this.dashboard(id, sent);
    }

    private kept(router: Router, thing: Thing): FakeAnswer {
        this[router].set(thing.id, thing);
        return json({ data: thing });
    }

    private connection(id: string | undefined, sent: unknown): FakeAnswer {
        const { success, data, error } = connectionShape.safeParse(sent);
        if (!success) return failure(error);
        const { password, ...shown } = data;
        const thing = { id: id ?? this.newId(), ...shown, createdAt: "2026-11-23T00:00:00.000Z", updatedAt: "" };
        this.passwords.set(thing.id, password ?? this.passwords.get(thing.id));
        return this.kept("connections", thing);
    }

    /** A PUT replaces all of it. */
    private source(id: string | undefined, sent: unknown): FakeAnswer {
        const { success, data, error } = sourceShape.safeParse(sent);
        if (!success) return failure(error);
        if (!this.connections.has(data.connection)) return refused("connection must be an existing connection id");
        return this.kept("sources", { ...data, ...sourceDefaults, id: id ?? this.newId() });
    }

    /** Ids of connections and sources that are not there. */
    private dangling({ tiles, filters = [] }: DashboardBody): string | undefined {
        const connections = tiles.flatMap(({ config }) => ("connectionId" in config ? [config.connectionId] : []));
        const missing = connections.filter((each) => !this.connections.has(each));
        if (missing.length > 0) return `Could not find the following connection IDs: ${missing.join(", ")}`;
        const sources = filters.map(({ sourceId }) => sourceId).filter((each) => !this.sources.has(each));
        return sources.length > 0 ? `Could not find the following source IDs: ${sources.join(", ")}` : undefined;
    }

    private validated(sent: unknown): FakeAnswer {
        const { success, data, error } = dashboardShape.safeParse(sent);
        const issues = error?.issues.map(({ path, message }) => ({ path: path.join("."), message })) ?? [];
        const dangling = success ? this.dangling(data) : undefined;
        const errors = [...issues, ...(dangling === undefined ? [] : [{ path: "", message: dangling }])];
        return json({ valid: errors.length === 0, errors, normalized: data });
    }

    private dashboard(id: string | undefined, sent: unknown): FakeAnswer {
        const { success, data, error } = dashboardShape.safeParse(sent);
        if (!success) return failure(error);
        const dangling = this.dangling(data);
        if (dangling !== undefined) return refused(dangling);
        const given = data.tiles.flatMap((tile) => tile.id ?? []);
        const nameless = data.filters?.findIndex((filter) => filter.id === undefined) ?? -1;
        if (id !== undefined && new Set(given).size < given.length) return refused("Duplicate tile ID");
        if (id !== undefined && nameless >= 0)
            return refused(`Body validation failed: filters.${String(nameless)}.id: Required`);
        return this.kept("dashboards", this.stored(id ?? this.newId(), data, this.dashboards.get(id ?? "")));
    }

    /** With its own ids and defaults; what was left out stays as it was. */
    private stored(id: string, sent: DashboardBody, before: Thing | undefined): Thing {
        const had = (property: string): unknown[] => (before?.[property] ?? []) as unknown[];
        const ids = (property: string): Set<unknown> => new Set(had(property).map((each) => (each as Thing).id));
        const known = { tiles: ids("tiles"), filters: ids("filters") };
        const tiles = sent.tiles.map(({ id: given, config, ...place }) => ({
            ...{ id: known.tiles.has(given) ? given : this.newId(), ...place },
            config: { ...(config.displayType === "line" ? { fillNulls: true } : {}), ...config },
        }));
        const filters = sent.filters?.map((filter) => ({
            ...filter,
            id: known.filters.has(filter.id) ? filter.id : this.newId(),
        }));
        const containers = sent.containers ?? had("containers");
        return {
            ...{ id, name: sent.name, tiles, tags: [...new Set(sent.tags ?? had("tags"))] },
            ...{ filters: filters ?? had("filters"), savedQueryLanguage: null },
            savedFilterValues: sent.savedFilterValues ?? had("savedFilterValues"),
            savedQuery: sent.savedQuery === undefined ? (before?.["savedQuery"] ?? null) : sent.savedQuery,
            ...(containers.length > 0 ? { containers } : {}),
        };
    }
}
