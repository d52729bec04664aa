// What all routes share: who may come, what was sent in its shape, refusals in a sentence, and the session whose actions are audited.
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import { type Session, sessionOf } from "../cases/session";
import { type Role, type Visit } from "./access";
import { type Html } from "./html";
import { type Services } from "./server";
import { actingVisit, Problem, visitOf } from "./visiting";

/** A value of a form or query; empty: not given. */
export const sentText = z.string().max(1_000).default("");

/** What was sent, in its shape. Throws a Problem that names what does not fit. */
export function fitting<S extends z.ZodType>(shape: S, sent: unknown): z.output<S> {
    const { success, data, error } = shape.safeParse(sent);
    if (success) return data;
    const said = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new Problem(400, said);
}

/** What the analyst's code refuses in a sentence; everything else is a failure. */
export function refused(error: unknown, status: number): never {
    if (error instanceof InvalidArgumentError) throw new Problem(400, `It ${error.message}.`);
    if (error instanceof Error && error.constructor === Error && !("code" in error))
        throw new Problem(status, error.message);
    throw error;
}

/** Values that are not empty. */
export const given = (values: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(values).filter(([, each]) => each !== ""));

export const sessionFor = ({ database }: Services, { user }: Visit): Session =>
    sessionOf(database, user.name, user.role);

/** The page at `path`, for whoever has come in; everybody else is sent to the login. */
export function shows(
    app: FastifyInstance,
    services: Services,
    path: string,
    show: (request: FastifyRequest, visit: Visit) => Promise<Html>,
): void {
    app.get(path, async (request, reply) => {
        const visit = visitOf(services, request);
        return visit === undefined ? reply.redirect("/login", 303) : reply.send(await show(request, visit));
    });
}

/** The action at `path`, for whoever's role is at least `least`; `act` gives the page that follows. */
export function acts(
    app: FastifyInstance,
    services: Services,
    path: string,
    least: (request: FastifyRequest) => Role,
    act: (request: FastifyRequest, session: Session) => Promise<string>,
): void {
    app.post(path, async (request, reply) => {
        const visit = actingVisit(services, request, least(request));
        try {
            return await reply.redirect(await act(request, sessionFor(services, visit)), 303);
        } catch (error) {
            return refused(error, 409);
        }
    });
}
