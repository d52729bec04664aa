// Who may speak to the host: programs of this machine. A browser's page of another site may not, whatever name it uses for this address.
import type { IncomingMessage } from "node:http";

/** Why a request is refused, or undefined. `host` is the address the host listens on. */
export function refusal(request: IncomingMessage, host: string): string | undefined {
    const name = hostName(request.headers.host);
    if (name !== undefined && name !== host && !isLoopback(name)) {
        return `Host '${name}' is not served here: the embedded ClickHouse answers to localhost only`;
    }
    const reads = request.method === "GET" || request.method === "HEAD";
    if (!reads && isCrossOrigin(request)) {
        return `Requests from pages of other sites are refused (Origin ${request.headers.origin ?? "of another site"})`;
    }
    return undefined;
}

function isCrossOrigin(request: IncomingMessage): boolean {
    const { origin, host } = request.headers;
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined) {
        return site !== "same-origin" && site !== "none";
    }
    return origin !== undefined && origin !== `http://${host ?? ""}`;
}

/** The name in a Host header, without its port. */
function hostName(header: string | undefined): string | undefined {
    return header === undefined || header === "" ? undefined : header.replace(/:\d+$/, "").toLowerCase();
}

function isLoopback(name: string): boolean {
    return name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);
}
