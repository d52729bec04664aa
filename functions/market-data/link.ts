// One WebSocket connection to the venue, from the handshake to its end.
import WebSocket from "ws";

/** Why a connection is to be replaced, or was lost. */
export type Leaving = "closed" | "silent" | "lifetime" | "serverShutdown" | "stopped";

/** Limits of a connection, milliseconds. */
export interface LinkLimits {
    /** Age at which it is replaced: before the venue's 24 h. */
    lifetimeMs: number;
    /** Without any frame, pings included, for this long it is taken for dead. */
    silenceMs: number;
}

const handshakeMs = 10_000;
/** The largest frames are arrays of all tickers, well under a mebibyte. */
const maxFrameBytes = 16 * 1024 * 1024;

/** An open connection. Pings are answered by the WebSocket library. */
export class Link {
    /** Resolves once with the reason to replace this connection. */
    readonly left: Promise<Leaving>;
    /** Resolves with the first message: from then on it stands in for another one. */
    readonly delivering: Promise<void>;
    /** Resolves when the connection is gone. */
    readonly closed: Promise<void>;
    readonly openedAt = new Date();
    /** When it went, and what was said about it. */
    closedAt: Date | undefined;
    closeReason = "";
    private settle: (reason: Leaving) => void = () => undefined;
    private readonly lifetime: NodeJS.Timeout;
    private readonly silence: NodeJS.Timeout;

    private constructor(
        private readonly socket: WebSocket,
        limits: LinkLimits,
        onMessage: (text: string, link: Link) => void,
    ) {
        this.left = new Promise((resolve) => (this.settle = resolve));
        this.lifetime = setTimeout(() => this.leave("lifetime"), limits.lifetimeMs);
        this.silence = setTimeout(() => {
            this.leave("silent");
            socket.terminate();
        }, limits.silenceMs);
        this.delivering = new Promise((resolve) => socket.once("message", () => resolve()));
        socket.on("message", (data: Buffer) => {
            this.silence.refresh();
            onMessage(data.toString("utf8"), this);
        });
        socket.on("ping", () => void this.silence.refresh());
        socket.on("error", (error) => (this.closeReason = error.message));
        this.closed = new Promise((resolve) => {
            socket.on("close", (code, reason) => {
                this.closedAt = new Date();
                this.closeReason ||= `code ${code}${reason.length > 0 ? `, ${reason.toString("utf8")}` : ""}`;
                this.stopTimers();
                this.leave("closed");
                resolve();
            });
        });
    }

    /**
     * Connects.
     * @throws Error saying why it could not.
     */
    static open(url: string, limits: LinkLimits, onMessage: (text: string, link: Link) => void): Promise<Link> {
        return new Promise((resolve, reject) => {
            const options = { handshakeTimeout: handshakeMs, maxPayload: maxFrameBytes, perMessageDeflate: false };
            const socket = new WebSocket(url, options);
            socket.once("error", (error) =>
                reject(new Error(`market-data: cannot connect to ${url}, ${error.message}`)),
            );
            // Listeners are attached before the first message can be read.
            socket.once("open", () => resolve(new Link(socket, limits, onMessage)));
        });
    }

    /** Asks for a replacement; only the first reason counts. */
    leave(reason: Leaving): void {
        this.settle(reason);
    }

    /** Closes it; a peer that does not answer within a second is cut off. */
    close(): void {
        this.leave("stopped");
        this.stopTimers();
        this.socket.close();
        setTimeout(() => this.socket.terminate(), 1_000).unref();
    }

    private stopTimers(): void {
        clearTimeout(this.lifetime);
        clearTimeout(this.silence);
    }
}
