// The provider's way to HyperDX: its external API v2, with the key of its first user, for whom the way in is its own login (there is no variable that
// would set a user or a key). All of it as observed on HyperDX 2.36.0.
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { type Forward, ForwardLost, reached } from "./forward";
import { type Patience, Reach, Rejected, said } from "./reach";

/** Where HyperDX's API is, and its first user. */
export interface HyperdxConnection {
    url: string;
    email: string;
    /** 12 to 72 characters with an upper and a lower case letter, a digit and one of !@#$%^&*(),.?":{}|<>;-+= */
    password: string;
    /** Where its host is known in a cluster only: the way there. */
    forward?: Forward;
}

/** The first user and the team that came with him. */
export interface Account {
    email: string;
    teamId: string;
    /** For /api/v2, as `Authorization: Bearer`. */
    accessKey: string;
    /** For collectors. */
    ingestionKey: string;
}

/** What the kinds ask of HyperDX. Paths are below /api/v2. */
export interface Hyperdx {
    /** The user as he is now; undefined while nobody has registered. */
    account(): Promise<Account | undefined>;
    /** Registers the user where there is none. */
    register(): Promise<Account>;
    /** Undefined if there is no such thing. */
    get<T>(path: string): Promise<T | undefined>;
    /** All of a router, as it was when the run asked first: its limit is soon used up. */
    list<T>(path: string): Promise<readonly T[]>;
    /** `secrets` are kept out of any error message. */
    send<T>(method: "POST" | "PUT", path: string, body: object, secrets?: readonly string[]): Promise<T>;
    /** What is not there any more is no error. */
    delete(path: string): Promise<void>;
}

/** No answer came, or one that it cannot work yet. */
class NoAnswer extends Error {}

const timeoutMs = 30_000;
/** Its limit counts in windows of a minute; whoever waits for so many of them is one of thousands of requests. */
const mostWindows = 10;

/** Failures before a request was sent: it can be sent again. A POST that was sent would make a second thing. */
const neverSent = new Set(
    "ECONNREFUSED ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH UND_ERR_CONNECT_TIMEOUT".split(" "),
);

interface Answer {
    readonly status: number;
    readonly headers: Headers;
    readonly text: string;
}

const me = z.object({
    email: z.string(),
    accessKey: z.string(),
    team: z.object({ id: z.string(), apiKey: z.string() }),
});
const installation = z.object({ isTeamExisting: z.boolean() });

/** An answer in the form it is known in; another one is another HyperDX's. */
function shaped<T>(shape: z.ZodType<T>, answer: Answer, path: string): T {
    const { success, data } = shape.safeParse(taken(answer, path));
    if (success) return data;
    throw new Rejected(
        `HyperDX answers ${path} in a form that is not known; this is written for 2.36 (HYPERDX_README.md)`,
    );
}

/** Why a request came to nothing, of the several forms in which it says so: v2's message, the old routes' error or list of issues, a page, or plain text. */
function reasonOf({ status, text, headers }: Answer): string {
    const isJson = headers.get("content-type")?.includes("json") === true;
    const body: unknown = isJson ? JSON.parse(text) : undefined;
    if (Array.isArray(body)) {
        const issues = (body as { errors?: { issues?: { message: string }[] } }[]).flatMap(
            ({ errors }) => errors?.issues ?? [],
        );
        return issues.map(({ message }) => message).join("; ");
    }
    const { message, error } = (body ?? {}) as { message?: unknown; error?: unknown };
    const words = [message, error].find((each) => typeof each === "string");
    if (typeof words === "string") return words;
    return text.startsWith("<") || text === "" ? `status ${String(status)}` : text.slice(0, 200);
}

/** Opens nothing until it is asked something; logs in once a run. */
export class HyperdxService {
    private readonly reach: Reach;
    private readonly lists = new Map<string, Promise<unknown>>();
    private known: Promise<Account | undefined> | undefined;
    /** Resolves when its limit lets requests through again; one for all of them. */
    private window: Promise<unknown> = Promise.resolve();

    constructor(private readonly connection: HyperdxConnection) {
        this.reach = new Reach("HyperDX", connection.url, (cause) => cause instanceof NoAnswer);
    }

    /** The same service with the given patience. */
    with(patience: Patience): Hyperdx {
        const exchange = <T>(work: () => Promise<T>): Promise<T> => this.reach.run(patience, work);
        const ask = (method: string, path: string, body?: object): Promise<Answer | undefined> =>
            exchange(() => this.asUser(patience, method, path, body));
        const get = async (path: string): Promise<unknown> => {
            const answer = await ask("GET", path);
            return answer === undefined || answer.status === 404 ? undefined : taken(answer, path);
        };
        return {
            account: () => exchange(() => this.account()),
            register: () => exchange(() => this.register()),
            get: async <T>(path: string) => (await get(path)) as T | undefined,
            list: async <T>(path: string) => {
                const asked = this.lists.get(path) ?? get(path);
                this.lists.set(path, asked);
                asked.catch(() => this.lists.delete(path));
                return ((await asked) ?? []) as T[];
            },
            send: async <T>(method: "POST" | "PUT", path: string, body: object, secrets: readonly string[] = []) => {
                const answer = await ask(method, path, body);
                if (answer === undefined)
                    throw new Rejected(
                        "HyperDX has no user yet; make this resource depend on the HyperdxTeam, or, where it had one, run pulumi refresh",
                    );
                if (answer.status === 404)
                    throw new Rejected(`HyperDX has no ${path} any more; run pulumi refresh, then pulumi up`);
                return taken(answer, path, secrets) as T;
            },
            delete: async (path) => {
                const answer = await ask("DELETE", path);
                // 404 as text, as JSON, or 200 once more: each of its routers has its own way to say that it is gone.
                if (answer !== undefined && answer.status !== 404) taken(answer, path);
            },
        };
    }

    /** Undefined while there is no user. */
    private async asUser(
        { onWait }: Patience,
        method: string,
        path: string,
        body?: object,
    ): Promise<Answer | undefined> {
        for (let windows = 0; windows < mostWindows; windows++) {
            await this.window;
            const account = await this.account();
            if (account === undefined) return undefined;
            const headers = { authorization: `Bearer ${account.accessKey}` };
            const answer = await this.request(method, `/api/v2${path}`, body, headers);
            if (answer.status === 429) {
                // What it says under retry-after is always the whole minute.
                const seconds = Number(answer.headers.get("ratelimit-reset") ?? 60);
                onWait?.(`HyperDX takes no more requests for now, waiting (up to ${String(seconds)} s)`);
                this.window = pause(seconds * 1_000 + 100);
            } else if (answer.status === 401) this.known = undefined;
            else return answer;
        }
        throw new Rejected("HyperDX takes no requests of this user: its limit is used up by others all the time");
    }

    private account(): Promise<Account | undefined> {
        return (this.known ??= this.logIn().catch((cause: unknown) => {
            this.known = undefined;
            throw cause;
        }));
    }

    private async logIn(): Promise<Account | undefined> {
        if (!(await this.isRegistered())) {
            this.known = undefined;
            return undefined;
        }
        const { email, password } = this.connection;
        const answer = await this.request("POST", "/login/password", { email, password });
        // It redirects in any case, and hands out a cookie in any case: only where to is the answer.
        const location = answer.headers.get("location") ?? "";
        if (answer.status !== 303 || location.includes("err="))
            throw new Rejected(
                `HyperDX refused the login of ${email}${location === "" ? `: ${reasonOf(answer)}` : ""}; its first user was registered with another e-mail or password: give the Provider those (hyperdxEmail, hyperdxPassword)`,
            );
        return this.accountBy(answer);
    }

    private async accountBy(loggedIn: Answer): Promise<Account> {
        const cookie = loggedIn.headers
            .getSetCookie()
            .map((each) => each.split(";", 1)[0])
            .join("; ");
        const answer = await this.request("GET", "/me", undefined, { cookie });
        const { email, accessKey, team } = shaped(me, answer, "/me");
        return { email, accessKey, teamId: team.id, ingestionKey: team.apiKey };
    }

    private async isRegistered(): Promise<boolean> {
        const ready = await this.request("GET", "/ready");
        if (ready.status !== 200) throw new NoAnswer("it is not ready: it waits for MongoDB");
        const answer = await this.request("GET", "/installation");
        return shaped(installation, answer, "/installation").isTeamExisting;
    }

    private async register(): Promise<Account> {
        const known = await this.account();
        if (known !== undefined) return known;
        const { email, password } = this.connection;
        const form = { email, password, confirmPassword: password };
        const answer = await this.request("POST", "/register/password", form);
        // Somebody else was first: 409, or 400 where both came at once. Then the user is there.
        if (answer.status !== 200 && !(await this.isRegistered()))
            throw new Rejected(`HyperDX refused to register ${email}: ${reasonOf(answer)}`);
        const account = await this.account();
        if (account === undefined) throw new Rejected(`HyperDX has registered ${email}, and does not know it`);
        return account;
    }

    private async base(): Promise<string> {
        try {
            return (await reached(this.connection)).url;
        } catch (cause) {
            throw cause instanceof ForwardLost ? new NoAnswer(said(cause), { cause }) : cause;
        }
    }

    private async request(
        method: string,
        path: string,
        body?: object,
        headers: Record<string, string> = {},
    ): Promise<Answer> {
        const base = await this.base();
        try {
            const response = await fetch(base + path, {
                method,
                redirect: "manual",
                signal: AbortSignal.timeout(timeoutMs),
                headers: {
                    ...(body === undefined ? {} : { "content-type": "application/json" }),
                    // With an https address for its pages it hands out no cookie over http, unless a proxy says that it stands before it.
                    "x-forwarded-proto": "https",
                    ...headers,
                },
                ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            });
            return { status: response.status, headers: response.headers, text: await response.text() };
        } catch (cause) {
            // What fetch itself says of it is no more than that it failed.
            const { cause: reason = cause } = cause as Error;
            this.connection.forward?.close();
            if (method === "POST" && !neverSent.has((reason as { code?: string }).code ?? ""))
                throw new Rejected(
                    `HyperDX did not answer to ${path}, and may have made it all the same (${said(reason)}); run pulumi up again, it takes over what is there`,
                    { cause },
                );
            throw new NoAnswer(said(reason), { cause });
        }
    }
}

/** What an answer holds, within v2's envelope or without one; throws Rejected with its reason. */
function taken(answer: Answer, path: string, secrets: readonly string[] = []): unknown {
    const refusal = (why: string): Rejected => {
        const text = `HyperDX refused ${path}: ${why}`;
        return new Rejected(secrets.filter(Boolean).reduce((all, secret) => all.replaceAll(secret, "[secret]"), text));
    };
    if (answer.status < 200 || answer.status > 299) throw refusal(reasonOf(answer));
    try {
        const body = JSON.parse(answer.text) as { data?: unknown };
        return body.data ?? body;
    } catch (cause) {
        throw refusal(`its answer is no JSON (${said(cause)}); is hyperdxUrl the API, not the pages?`);
    }
}
