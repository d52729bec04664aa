// The console's HTTP server: limits, headers, who is asking, and one form for everything that goes wrong.
import { join } from "node:path";
import cookiePlugin from "@fastify/cookie";
import formPlugin from "@fastify/formbody";
import helmetPlugin from "@fastify/helmet";
import rateLimitPlugin from "@fastify/rate-limit";
import staticPlugin from "@fastify/static";
import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { type Database } from "../shared/clickhouse";
import { type Logger } from "../shared/log";
import { type KeyOwners } from "../shared/keys";
import { type User, type Visits } from "./access";
import { problemPage } from "./layout";
import { type Html } from "./html";
import { Problem, visitOf } from "./visiting";
import { loginRoutes } from "./login";
import { pageRoutes } from "./pages";
import { ruleRoutes } from "./rulesPage";
import { silenceRoutes } from "./silencesPage";

/** What the routes work with. */
export interface Services {
    /** Reads for pages: the server refuses it whatever would change anything. */
    readonly reading: Database;
    /** Writes what people do, and the audit log. */
    readonly database: Database;
    readonly tokens: KeyOwners<User>;
    readonly visits: Visits;
    readonly log: Logger;
    /** Where the token of a stack without users is; undefined where there are users. */
    readonly tokenFile?: string | undefined;
}

/** Settings of a connection that may read and nothing else, but for settings of its own queries. */
export const readOnly = { settings: { readonly: 2 } } as const;

/** Longer than the longest note as a form sends it. */
const bodyBytes = 64 * 1024;
const requestMs = 30_000;

/** Everything is our own: no script or style in the page, none from elsewhere, no frame around it. */
const policy = {
    useDefaults: false,
    directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
    },
};

async function assets(app: FastifyInstance): Promise<void> {
    const library = join(require.resolve("uplot"), "..");
    const options = { cacheControl: true, maxAge: 3_600_000 };
    await app.register(staticPlugin, { ...options, root: [join(__dirname, "browser"), library], prefix: "/assets/" });
}

function answerProblems(app: FastifyInstance, services: Services): void {
    app.setNotFoundHandler((request, reply) =>
        reply.code(404).send(problemPage(404, "There is no such page.", visitOf(services, request))),
    );
    app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
        const status = error instanceof Problem ? error.status : (error.statusCode ?? 500);
        if (status >= 500)
            services.log.error({ err: error }, `${request.routeOptions.url ?? "no route"}: request failed`);
        const said =
            status >= 500 ? "ClickHouse or the console has a problem; the console's log says which." : error.message;
        return reply.code(status).send(problemPage(status, said, visitOf(services, request)));
    });
}

/** Builds the server; it does not listen yet. */
export async function createServer(services: Services): Promise<FastifyInstance> {
    const app = fastify({
        bodyLimit: bodyBytes,
        requestTimeout: requestMs,
        connectionTimeout: requestMs,
        forceCloseConnections: true,
    });
    await app.register(helmetPlugin, {
        contentSecurityPolicy: policy,
        hsts: false,
        referrerPolicy: { policy: "same-origin" },
    });
    await app.register(cookiePlugin);
    await app.register(formPlugin);
    await app.register(rateLimitPlugin, { global: false });
    // Pages hold personal data: nobody keeps copies. Assets have said already how long they are good for.
    app.addHook("onSend", (_request, reply, _payload, done) => {
        if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
        done();
    });
    app.setReplySerializer((payload) => (payload as Html).markup);
    app.addHook("preSerialization", (_request, reply, payload, done) => {
        void reply.type("text/html; charset=utf-8");
        done(null, payload);
    });
    answerProblems(app, services);
    await assets(app);
    loginRoutes(app, services);
    pageRoutes(app, services);
    ruleRoutes(app, services);
    silenceRoutes(app, services);
    return app;
}
