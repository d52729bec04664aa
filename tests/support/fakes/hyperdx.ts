// For tests: HyperDX 2.36.0's API as it was observed: its way in, its limit, and how it says no, with all that is odd about it.
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { html, json, Things, type Thing } from "./hyperdxThings";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

const registration = z.object({
    email: z.email(),
    password: z
        .string()
        .min(12, "Password must have at least 12 characters")
        .regex(/[A-Z]/, "Password must include at least one uppercase letter")
        .regex(/[a-z]/, "Password must include at least one lowercase letter")
        .regex(/\d/, "Password must include at least one number")
        .regex(/[!@#$%^&*(),.?":{}|<>;\-+=]/, "Password must include at least one special character"),
});

interface User {
    readonly email: string;
    readonly password: string;
    accessKey: string;
    readonly teamId: string;
    readonly ingestionKey: string;
}

const cookieOf = (session: string): Record<string, string> => ({
    "set-cookie": `connect.sid=${session}; Domain=localhost; Path=/; HttpOnly; SameSite=Lax`,
});

/** The server; `start` it, and stop its `server` after the test. */
export class FakeHyperdx {
    readonly server = new FakeServer();
    readonly things = new Things();
    /** The first user; undefined before somebody has registered. */
    user: User | undefined;
    /** False while MongoDB is not there yet. */
    ready = true;
    /** Requests of one key within a window, at most; and how long a window is. */
    limit = { requests: 100, windowMs: 60_000 };
    /** Requests refused for being too many. */
    limited = 0;
    private readonly sessions = new Set<string>();
    private readonly windows = new Map<string, { began: number; requests: number }>();

    async start(port = 0): Promise<this> {
        await this.server.start(port);
        this.server
            .on("/ready", () => (this.ready ? json({ data: "OK" }) : { ...json({ data: "not ready" }), status: 503 }))
            .on("/installation", () => json({ isTeamExisting: this.user !== undefined }))
            .on("/register/password", (request) => this.register(request))
            .on("/login/password", (request) => this.logIn(request))
            .on("/me", (request) => this.me(request))
            .otherwise((request) => this.external(request));
        return this;
    }

    get url(): string {
        return this.server.origin;
    }

    private session(): Record<string, string> {
        const session = randomUUID();
        this.sessions.add(session);
        return cookieOf(session);
    }

    private register({ body }: FakeRequest): FakeAnswer {
        if (this.user !== undefined) return { ...json({ error: "teamAlreadyExists" }), status: 409 };
        const parsed = registration.safeParse(JSON.parse(body));
        // The old routes' own way to say what is wrong with a body.
        if (!parsed.success)
            return {
                ...json([{ type: "Body", errors: { issues: parsed.error.issues, name: "ZodError" } }]),
                status: 400,
            };
        const team = { teamId: this.things.newId(), ingestionKey: randomUUID() };
        this.user = { ...parsed.data, accessKey: randomUUID(), ...team };
        return { ...json({ status: "success" }), headers: this.session() };
    }

    /** Redirects in any case, with a cookie in any case. */
    private logIn({ body }: FakeRequest): FakeAnswer {
        const { email, password } = JSON.parse(body) as { email: string; password: string };
        const isRight = this.user?.email === email && this.user.password === password;
        const cookie = isRight ? this.session() : cookieOf(randomUUID());
        const location = isRight ? "http://localhost:8080/" : "http://localhost:8080/login?err=authFail";
        return { status: 303, headers: { ...cookie, location }, body: "" };
    }

    /** For cookies alone. */
    private me({ headers }: FakeRequest): FakeAnswer {
        const session = /connect\.sid=([^;]+)/.exec(String(headers["cookie"]))?.[1] ?? "";
        if (this.user === undefined || !this.sessions.has(session)) return { status: 401, body: "Unauthorized" };
        const { email, accessKey, teamId, ingestionKey } = this.user;
        return json({ id: "u1", email, accessKey, team: { _id: teamId, id: teamId, apiKey: ingestionKey } });
    }

    /** /api/v2: the limiter is asked first, a wrong key has a window of its own. */
    private external({ method, url, headers, body }: FakeRequest): FakeAnswer {
        const path = /^\/api\/v2\/(.+)$/.exec(url.pathname)?.[1];
        if (path === undefined) return html(404, "Cannot find it");
        const key = String(headers["authorization"] ?? "").replace("Bearer ", "");
        const refused = this.counted(key);
        if (refused !== undefined) return refused;
        if (key !== this.user?.accessKey) return { status: 401, body: "Unauthorized" };
        return this.things.answer(method, path, body);
    }

    private counted(key: string): FakeAnswer | undefined {
        const now = Date.now();
        const { requests, windowMs } = this.limit;
        const known = this.windows.get(key);
        const window = known !== undefined && now - known.began < windowMs ? known : { began: now, requests: 0 };
        this.windows.set(key, window);
        window.requests += 1;
        if (window.requests <= requests) return undefined;
        this.limited += 1;
        const left = (window.began + windowMs - now) / 1_000;
        const told = { "retry-after": String(Math.ceil(windowMs / 1_000)), "ratelimit-reset": String(Math.ceil(left)) };
        return {
            ...html(429, "Too many requests, please try again later."),
            headers: { "content-type": "text/html", ...told },
        };
    }
}

export { type Thing };
