// Coming in and going out.
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { z } from "zod";
import { sessionOf } from "../cases/session";
import { loginPage } from "./layout";
import { type Services } from "./server";
import { actingVisit, cookieName } from "./visiting";

const form = z.object({ token: z.string().max(200) });
const triesPerMinute = 20;

/** Behind a proxy with TLS the cookie goes over TLS only. */
const cookieFor = (request: FastifyRequest): { secure: boolean; [option: string]: unknown } => ({
    path: "/",
    httpOnly: true,
    sameSite: "strict",
    secure: request.headers["x-forwarded-proto"] === "https",
});

export function loginRoutes(app: FastifyInstance, services: Services): void {
    const { database, tokens, visits, tokenFile } = services;
    app.get("/login", (_request, reply) => reply.send(loginPage(tokenFile)));
    const limited = { config: { rateLimit: { max: triesPerMinute, timeWindow: 60_000 } } };
    app.post("/login", limited, async (request, reply) => {
        const given = form.safeParse(request.body);
        const user = given.success ? tokens.ownerOf(given.data.token.trim()) : undefined;
        if (user === undefined) return reply.code(401).send(loginPage(tokenFile, "Nobody has this token."));
        await sessionOf(database, user.name, user.role).audit("console.login", "console");
        const visit = visits.open(user);
        return reply.setCookie(cookieName, visit.id, cookieFor(request)).redirect("/", 303);
    });
    app.post("/logout", async (request, reply) => {
        visits.close(actingVisit(services, request, "viewer").id);
        return reply.clearCookie(cookieName, cookieFor(request)).redirect("/login", 303);
    });
}
