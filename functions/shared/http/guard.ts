// The guard against server-side request forgery: whatever a feed, a redirect or a DNS answer says, connections go to public addresses only.
import { lookup as systemLookup } from "node:dns/promises";
import { type LookupFunction, isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { Agent, buildConnector } from "undici";
import { HttpProblem } from "./problem";

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const resolveBySystem: Resolve = async (hostname) =>
    (await systemLookup(hostname, { all: true })).map(({ address }) => address);

/**
 * Whether an address is on the public internet: `unicast` in ipaddr.js's reading of the IANA special-purpose registries (RFC 6890), so
 * neither private, loopback, link-local (cloud metadata), carrier-grade NAT, multicast, documentation, nor an IPv6 form that wraps an IPv4
 * address (6to4, Teredo, NAT64); IPv4 mapped into IPv6 is judged as the IPv4 address it reaches.
 */
export function isPublicAddress(address: string): boolean {
    return ipaddr.isValid(address) && ipaddr.process(address).range() === "unicast";
}

const lookupError = (words: string): NodeJS.ErrnoException => Object.assign(new Error(words), { code: "EREFUSED" });

/** Looks a name up once and hands only what passed to the socket: there is no second answer to differ from the checked one. */
function guardedLookup(resolve: Resolve): LookupFunction {
    return (hostname, options, done) => {
        const answer = async (): Promise<void> => {
            const addresses = await resolve(hostname);
            const bad = addresses.find((address) => !isPublicAddress(address));
            if (bad !== undefined) throw lookupError(`${hostname} is at ${bad}, which is not a public address`);
            const all = addresses.map((address) => ({ address, family: isIP(address) }));
            const [first] = all;
            if (first === undefined) throw lookupError(`${hostname} has no address`);
            if (options.all === true) done(null, all);
            else done(null, first.address, first.family);
        };
        answer().catch((error: unknown) => done(error as NodeJS.ErrnoException, []));
    };
}

/** Where the connections of one client come from. */
export interface Guard {
    /** Connections for a hop; the first hop of a request may use the operator's exemption, a redirect to elsewhere may not. */
    agentFor(url: URL, firstHop: boolean): Agent;
    close(): Promise<void>;
}

/**
 * A guard that lets only public addresses pass.
 * @param privateOrigins Exemptions the operator declared, as origins (`http://127.0.0.1:9443`): a proxy, a model server, a test's server.
 */
export function createGuard(privateOrigins: readonly string[], resolve: Resolve = resolveBySystem): Guard {
    const exempt = new Set(privateOrigins);
    const connectFreely = new Agent();
    const connect = buildConnector({ lookup: guardedLookup(resolve) });
    const connectGuarded = new Agent({
        connect: (options, done) => {
            // A literal address is never looked up.
            const literal = options.hostname.replace(/^\[|\]$/g, "");
            if (isIP(literal) !== 0 && !isPublicAddress(literal))
                done(lookupError(`${literal} is not a public address`), null);
            else connect(options, done);
        },
    });
    return {
        agentFor(url, firstHop) {
            checkForm(url);
            return firstHop && exempt.has(url.origin) ? connectFreely : connectGuarded;
        },
        async close() {
            await Promise.all([connectFreely.destroy(), connectGuarded.destroy()]);
        },
    };
}

function checkForm(url: URL): void {
    if (url.protocol !== "https:" && url.protocol !== "http:")
        throw new HttpProblem("refused", url, `refused, ${url.protocol} is neither http: nor https:`);
    // user@host hides the host from readers, and credentials belong into headers.
    if (url.username !== "" || url.password !== "")
        throw new HttpProblem("refused", url, "refused, the URL has a user or password");
}

/** The words of the guard's refusal, where it is what made a request fail. */
export function refusalOf(error: unknown): string | undefined {
    for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
        if ("code" in cause && cause.code === "EREFUSED") return cause.message;
    }
    return undefined;
}
