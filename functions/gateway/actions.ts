// POST /v1/actions and GET /v1/actions.js: page views and clicks, reported by browsers with a key that everybody can read.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import cors from "@fastify/cors";
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { userActions } from "../../schema/facts/userActions";
import { browserAction, type BrowserReport, browserReport, limits, type Receipt } from "../../schema/api";
import { plainAddress } from "../shared/enrichment/addresses";
import { admit, authenticate, checked, requireScope } from "./access";
import { answerReceipt, type Judged } from "./intake";
import { faulty, Judge, type Verdict } from "./judge";
import { actionsScope, type Caller } from "./keys";
import { RequestError } from "./problem";
import { type Services } from "./services";

/** A browser's clock is believed within this; beyond it, the moment of arrival is nearer to the truth. */
const clockToleranceMs = 10 * 60_000;
const userAgentLetters = 512;

/** What the gateway itself knows of a browser. */
interface Client {
    readonly ip: string | null;
    readonly userAgent: string | null;
    readonly arrivedAt: Date;
}

function clientOf(request: FastifyRequest): Client {
    const agent = request.headers["user-agent"]?.slice(0, userAgentLetters) ?? "";
    return {
        ip: plainAddress(request.ip) ?? null,
        userAgent: agent === "" ? null : agent,
        arrivedAt: new Date(),
    };
}

const withoutQuery = (page: string): string | null => {
    const path = page.replace(/[?#].*$/s, "");
    return path === "" ? null : path;
};

/** The action of a browser as an event of user_actions, or why it is none. */
function judgeAction(
    judge: Judge,
    given: unknown,
    { producer }: Caller,
    report: BrowserReport,
    client: Client,
): Verdict {
    const parsed = browserAction.safeParse(given);
    if (!parsed.success) {
        const words = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
        return faulty("fields", null, ...words);
    }
    const { action_id: id, action, event_time: told, page, element } = parsed.data;
    const off = Math.abs(Date.parse(told) - client.arrivedAt.getTime());
    return judge.event({
        // A name space of its own: no stranger can take an id that the venue's systems will use.
        action_id: `${producer}:${id}`,
        action,
        event_time: off <= clockToleranceMs ? told : client.arrivedAt.toISOString(),
        channel: "browser",
        session_id: report.session_id ?? null,
        device_id: report.device_id ?? null,
        page: page === undefined ? null : withoutQuery(page),
        element: element ?? null,
        ip: client.ip,
        user_agent: client.userAgent,
    });
}

/** @throws RequestError 400 for what is no report, 413 for too many actions */
function reportIn(body: unknown): BrowserReport {
    let given: unknown;
    try {
        given = JSON.parse(String(body));
    } catch {
        throw new RequestError(400, "the body is not JSON");
    }
    const parsed = browserReport.safeParse(given);
    if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new RequestError(400, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a report"}`);
    }
    if (parsed.data.actions.length > limits.actions)
        throw new RequestError(413, `more than ${String(limits.actions)} actions; send smaller reports`);
    return parsed.data;
}

/** @throws RequestError 403 for a foreign page, 401 for an unknown key */
function callerOf({ headers: { origin }, query }: FastifyRequest, { keyring, actionsOrigins }: Services): Caller {
    if (origin === undefined || !actionsOrigins.includes(origin))
        throw new RequestError(
            403,
            `Origin: found ${JSON.stringify(origin ?? "nothing")}, which is no page of this gateway; allow it with config gatewayActionsOrigins`,
        );
    const { key } = query as Record<string, unknown>;
    const caller = authenticate(keyring, typeof key === "string" ? key : undefined, "?key=<public key>");
    requireScope(caller, actionsScope);
    return caller;
}

async function postRoute(app: FastifyInstance, services: Services): Promise<void> {
    const { admission, intake, actionsOrigins } = services;
    await app.register(cors, {
        origin: [...actionsOrigins],
        methods: ["POST"],
        allowedHeaders: ["content-type"],
        maxAge: 3600,
    });
    // Everything is read as text: text/plain is the one type a page may send to another origin without being asked first.
    const takes = ["application/json", "text/plain"];
    app.addContentTypeParser(takes, { parseAs: "string" }, (_request, body, done) => {
        done(null, body);
    });
    const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
        request.caller = callerOf(request, services);
        request.lease = admit(admission, limits.actionsBytes, request, reply);
        done();
    };
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<Receipt> => {
        const { caller, lease } = checked(request);
        const report = reportIn(request.body);
        intake.makeRoom(lease, report.actions.length);
        const judge = new Judge(userActions, caller.producer, services);
        const client = clientOf(request);
        const judged = report.actions.map((action, index): Judged => ({
            line: index + 1,
            verdict: judgeAction(judge, action, caller, report, client),
        }));
        return answerReceipt(reply, await intake.take(userActions, judged, lease));
    };
    const rateLimit = { max: services.actionsPerMinute, timeWindow: 60_000 };
    app.post("/v1/actions", { onRequest, bodyLimit: limits.actionsBytes, config: { rateLimit, takes } }, handler);
}

/** Routes for browsers. */
export function actionRoutes(app: FastifyInstance, services: Services): void {
    void app.register((scope) => postRoute(scope, services));
    const snippet = readFileSync(join(__dirname, "browser", "actions.js"), "utf8");
    app.get("/v1/actions.js", (_request, reply) =>
        reply
            .type("text/javascript; charset=utf-8")
            .header("cache-control", "public, max-age=3600")
            .header("cross-origin-resource-policy", "cross-origin")
            .send(snippet),
    );
}
