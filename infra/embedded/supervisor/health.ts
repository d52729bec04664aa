/** Asks a supervised process whether it is healthy. */
import { get } from "node:http";
import { connect } from "node:net";
import type { HealthCheck } from "./protocol";

/** Never throws: whatever goes wrong is "not healthy". */
export function probe(check: HealthCheck, timeoutMs: number): Promise<boolean> {
    return "url" in check ? probeUrl(check.url, timeoutMs) : probeTcp(check.tcp, timeoutMs);
}

function probeUrl(url: string, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
        const request = get(url, { agent: false, signal: AbortSignal.timeout(timeoutMs) }, (response) => {
            const status = response.statusCode ?? 0;
            response.destroy();
            resolve(status >= 200 && status < 300);
        });
        request.on("error", () => resolve(false));
    });
}

function probeTcp(address: string, timeoutMs: number): Promise<boolean> {
    const colon = address.lastIndexOf(":");
    return new Promise((resolve) => {
        const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)) });
        const finish = (healthy: boolean) => {
            socket.destroy();
            resolve(healthy);
        };
        socket.setTimeout(timeoutMs, () => finish(false));
        // While nobody listens, the system may give the probe the very port it asks for, and connect it to itself.
        socket.once("connect", () => finish(socket.localPort !== socket.remotePort));
        socket.once("error", () => finish(false));
    });
}
