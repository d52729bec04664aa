// What is settled before a byte of a body is read: who sends it, whether that is allowed, and whether there is room for it.
import { type FastifyReply, type FastifyRequest } from "fastify";
import { type Admission, type Lease } from "./admission";
import { type Caller, type Keyring } from "./keys";
import { comeBack, RequestError } from "./problem";

declare module "fastify" {
    interface FastifyRequest {
        /** Set once the key is known. */
        caller?: Caller;
        /** Room for this request. */
        lease?: Lease;
    }
}

/**
 * The caller behind a key.
 * @throws RequestError 401 for no key or an unknown one
 */
export function authenticate(keyring: Keyring, key: string | undefined, where: string): Caller {
    const caller = key === undefined ? undefined : keyring.ownerOf(key);
    if (caller !== undefined) return caller;
    const found = key === undefined ? "no key" : "a key that is not known";
    throw new RequestError(401, `${where}: found ${found}; a key is made with npm run gateway-key`, {
        "www-authenticate": "Bearer",
    });
}

/** @throws RequestError 403 when the caller lacks the scope */
export function requireScope({ producer, scopes }: Caller, scope: string): void {
    if (!scopes.has(scope))
        throw new RequestError(403, `the key of ${producer} has no scope ${scope}, only ${[...scopes].join(", ")}`);
}

/** The key of an Authorization header. */
export const bearer = (header: string | undefined): string | undefined => /^Bearer +(\S+) *$/i.exec(header ?? "")?.[1];

/**
 * Takes room for a request's body, as much as it announces or may have; given back when its connection is done with it.
 * @throws RequestError 413, 415 or 503
 */
export function admit(admission: Admission, maxBytes: number, request: FastifyRequest, reply: FastifyReply): Lease {
    const { "content-length": announced, "content-encoding": encoding } = request.headers;
    if (encoding !== undefined && encoding !== "identity")
        throw new RequestError(415, `content-encoding: found ${JSON.stringify(encoding)}; send the body as it is`);
    const bytes = announced === undefined ? maxBytes : Number(announced);
    if (!(bytes <= maxBytes))
        throw new RequestError(
            413,
            `${String(announced)} bytes, a request may have ${String(maxBytes)}; send smaller batches`,
        );
    const lease = admission.admit(bytes);
    if (lease === undefined) throw comeBack("too much is under way here; send it again");
    reply.raw.once("close", () => lease.drop());
    return lease;
}

/**
 * What the checks before the body have found.
 * @throws Error when a route forgot them
 */
export function checked({ caller, lease }: FastifyRequest): { caller: Caller; lease: Lease } {
    if (caller === undefined || lease === undefined) throw new Error("a request came past its access check");
    return { caller, lease };
}
