// Who is behind a request: a visit by its cookie, or a token in the Authorization header.
import { type FastifyRequest } from "fastify";
import { atLeast, type Role, same, type Visit } from "./access";
import { type Services } from "./server";

/** Name of the cookie that holds a visit's id. */
export const cookieName = "console";

/** What a request is refused with. */
export class Problem extends Error {
    constructor(
        readonly status: number,
        message: string,
    ) {
        super(message);
    }
}

const bearer = /^Bearer (\S{1,200})$/;

/** The visit of a request. One with a token in its header is a visit of its own: no page of others can send such a header. */
export function visitOf({ visits, tokens }: Services, request: FastifyRequest): Visit | undefined {
    const [, token] = bearer.exec(request.headers.authorization ?? "") ?? [];
    if (token !== undefined) {
        const user = tokens.ownerOf(token);
        return user && { id: "", user, csrf: "", endsAtMs: Infinity };
    }
    return visits.of(request.cookies[cookieName] ?? "");
}

/** The visit of a request that changes something: it must come from our own page, by somebody whose role is at least this. Throws a Problem. */
export function actingVisit(services: Services, request: FastifyRequest, least: Role): Visit {
    const visit = visitOf(services, request);
    if (visit === undefined) throw new Problem(401, "Log in first.");
    const { csrf } = request.body as { csrf?: unknown };
    if (visit.id !== "" && (typeof csrf !== "string" || !same(csrf, visit.csrf)))
        throw new Problem(403, "This did not come from a page of your visit: open the page again and repeat it.");
    if (!atLeast(visit.user.role, least))
        throw new Problem(403, `Your role is ${visit.user.role}: this needs ${least}.`);
    return visit;
}
