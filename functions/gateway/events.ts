// POST /v1/events/{fact}, /v1/reference/{kind} and /v1/posts: one as JSON, or a batch as NDJSON, from a system of the venue.
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Declaration } from "../../schema";
import { eventsPath, limits, postsPath, type Receipt } from "../../schema/api";
import { socialPosts } from "../../schema/facts/socialPosts";
import { admit, authenticate, bearer, checked, requireScope } from "./access";
import { answerReceipt, type LineJudge } from "./intake";
import { Judge } from "./judge";
import { type Line, lineOf, linesOf } from "./lines";
import { PostJudge } from "./posts";
import { RequestError } from "./problem";
import { type Services } from "./services";

const batchType = "application/x-ndjson";
const takes = ["application/json", batchType];

/** What can be posted where. */
interface ProducerRoute {
    readonly path: string;
    /** What it is stored as; the scope a key needs has its name. */
    readonly declaration: Declaration;
    readonly maxLines: number;
    readonly judgeFor: (producer: string) => LineJudge;
}

/** @throws RequestError 413 for too many lines, 400 for none */
function linesIn(body: unknown, batch: boolean, max: number): Line[] {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const single = batch ? undefined : lineOf(bytes);
    const lines = batch ? linesOf(bytes, max) : single === undefined ? [] : [single];
    if (lines === undefined) throw new RequestError(413, `more than ${String(max)} lines; send smaller batches`);
    if (lines.length === 0) throw new RequestError(400, "the body holds no event");
    return lines;
}

function addRoute(app: FastifyInstance, route: ProducerRoute, services: Services): void {
    const { keyring, admission, intake, requestsPerMinute } = services;
    const { path, declaration, maxLines, judgeFor } = route;
    const keyGenerator = (request: FastifyRequest): string => request.caller?.producer ?? "";
    const rateLimit = { max: requestsPerMinute, timeWindow: 60_000, hook: "preParsing" as const, keyGenerator };
    const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
        request.caller = authenticate(keyring, bearer(request.headers.authorization), "Authorization: Bearer <key>");
        requireScope(request.caller, declaration.name);
        request.lease = admit(admission, limits.bodyBytes, request, reply);
        done();
    };
    const handler = async (request: FastifyRequest, reply: FastifyReply): Promise<Receipt> => {
        const { caller, lease } = checked(request);
        const { headers, body } = request;
        const lines = linesIn(body, headers["content-type"]?.startsWith(batchType) === true, maxLines);
        intake.makeRoom(lease, lines.length);
        const judged = intake.judge(lines, judgeFor(caller.producer), lease);
        return answerReceipt(reply, await intake.take(declaration, judged, lease));
    };
    app.post(path, { onRequest, config: { rateLimit, takes } }, handler);
}

/** Routes for producers; `declarations` is the catalogue. */
export function eventRoutes(app: FastifyInstance, declarations: readonly Declaration[], services: Services): void {
    app.addContentTypeParser(takes, { parseAs: "buffer" }, (_request, body, done) => {
        done(null, body);
    });
    const { linker } = services;
    for (const declaration of declarations) {
        const judgeFor = (producer: string): Judge => new Judge(declaration, producer, services);
        addRoute(app, { path: eventsPath(declaration), declaration, maxLines: limits.events, judgeFor }, services);
    }
    const judgeFor = (producer: string): PostJudge =>
        new PostJudge(new Judge(socialPosts, producer, services), linker, producer);
    addRoute(app, { path: postsPath, declaration: socialPosts, maxLines: limits.posts, judgeFor }, services);
}
