// POST /v1/events/{fact} and /v1/reference/{kind}: one event as JSON, or a batch as NDJSON, from a system of the venue.
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Declaration } from "../../schema";
import { eventsPath, limits, type Receipt } from "../../schema/api";
import { admit, authenticate, bearer, requireScope } from "./access";
import { answerReceipt, type Judged } from "./intake";
import { Judge } from "./judge";
import { type Line, lineOf, linesOf } from "./lines";
import { RequestError } from "./problem";
import { type Services } from "./services";

const batchType = "application/x-ndjson";

/** @throws RequestError 413 for too many lines, 400 for none */
function eventsIn(body: Buffer, batch: boolean): Line[] {
    const single = batch ? undefined : lineOf(body);
    const lines = batch ? linesOf(body, limits.events) : single === undefined ? [] : [single];
    if (lines === undefined)
        throw new RequestError(413, `more than ${String(limits.events)} lines; send smaller batches`);
    if (lines.length === 0) throw new RequestError(400, "the body holds no event");
    return lines;
}

/** Routes of the facts and references; `declarations` is the catalogue. */
export function eventRoutes(app: FastifyInstance, declarations: readonly Declaration[], services: Services): void {
    const { keyring, admission, intake, enrich, requestsPerMinute } = services;
    const keyGenerator = (request: FastifyRequest): string => request.caller?.producer ?? "";
    const rateLimit = { max: requestsPerMinute, timeWindow: 60_000, hook: "preParsing" as const, keyGenerator };
    app.addContentTypeParser(["application/json", batchType], { parseAs: "buffer" }, (_request, body, done) => {
        done(null, body);
    });
    for (const declaration of declarations) {
        const onRequest = (request: FastifyRequest, reply: FastifyReply, done: () => void): void => {
            request.caller = authenticate(
                keyring,
                bearer(request.headers.authorization),
                "Authorization: Bearer <key>",
            );
            requireScope(request.caller, declaration.name);
            request.lease = admit(admission, limits.bodyBytes, request, reply);
            done();
        };
        const handler = async (
            { caller, lease, headers, body }: FastifyRequest,
            reply: FastifyReply,
        ): Promise<Receipt> => {
            if (caller === undefined || lease === undefined) throw new Error("a request came past its access check");
            if (!Buffer.isBuffer(body)) throw new RequestError(400, "the body holds no event");
            const lines = eventsIn(body, headers["content-type"]?.startsWith(batchType) === true);
            intake.makeRoom(lease, lines.length);
            const judge = new Judge(declaration, caller.producer, enrich);
            const judged = lines.map((line): Judged => ({ line: line.number, verdict: judge.line(line) }));
            return answerReceipt(reply, await intake.take(declaration, judged, lease));
        };
        app.post(eventsPath(declaration), { onRequest, config: { rateLimit } }, handler);
    }
}
