// A stand-in for the venue: WebSocket streams and the depth snapshot of the REST interface, served from recordings.
//
// Every subscription gets its recordings from the start: what is past at once, the rest on the clock. A collector that was killed in the
// middle thus misses nothing, and what it gets twice is the same event: within a run every time and id is the same. The REST snapshot is
// the book as of what was sent to the youngest subscription of the symbol's depth.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { OrderBook } from "../market-data/book";
import { type Payload } from "../market-data/payload";
import { RunClock, type Speed } from "./clock";
import { bookAnswer, Playback } from "./playback";
import { type BookRecording, type Recordings } from "./recordings";

/** As the venue does it. */
const pingEveryMs = 20_000;

export interface ReplayOptions {
    readonly recordings: Recordings;
    readonly speed: Speed;
    /** Start of the run; without one, the moment of the first subscription. */
    readonly run?: Date;
    /** 0 takes a free one. */
    readonly port: number;
    /** Told what happens, one object at a time. */
    readonly report: (status: Record<string, unknown>) => void;
}

/** Serves recordings on 127.0.0.1. */
export class ReplayServer {
    private readonly http = createServer((request, response) => this.onRequest(request, response));
    private readonly webSockets = new WebSocketServer({ server: this.http, perMessageDeflate: false });
    private readonly depth = new Map<string, Playback[]>();
    private current: RunClock | undefined;
    private connections = 0;

    constructor(private readonly options: ReplayOptions) {
        this.webSockets.on("connection", (socket, request) => this.onConnection(socket, request.url ?? "/"));
        // It passes on the HTTP server's errors, which listen() reports; without a listener they would end the process.
        this.webSockets.on("error", () => undefined);
    }

    /** Starts listening; returns the port. */
    async listen(): Promise<number> {
        await new Promise<void>((resolve, reject) => {
            this.http.once("error", (error) => {
                reject(
                    new Error(
                        `replay: cannot listen on 127.0.0.1:${this.options.port}, ${error.message}; choose another --port`,
                    ),
                );
            });
            this.http.listen(this.options.port, "127.0.0.1", resolve);
        });
        return (this.http.address() as AddressInfo).port;
    }

    /** Cuts all connections. */
    async close(): Promise<void> {
        for (const socket of this.webSockets.clients) socket.terminate();
        await new Promise<void>((resolve) => {
            this.http.close(() => resolve());
            this.http.closeAllConnections();
        });
    }

    private get clock(): RunClock {
        if (this.current === undefined) {
            this.current = new RunClock(this.options.run ?? new Date(), this.options.speed);
            this.options.report({ status: "run", run: this.current.id });
        }
        return this.current;
    }

    private onConnection(socket: WebSocket, url: string): void {
        const { pathname, searchParams } = new URL(url, "http://localhost");
        const combined = pathname === "/stream";
        const path = pathname.startsWith("/ws/") ? decodeURIComponent(pathname.slice(4)) : "";
        const streams = (combined ? (searchParams.get("streams") ?? "") : path)
            .split("/")
            .filter((name) => name !== "");
        const connection = ++this.connections;
        const gone = new AbortController();
        const pings = setInterval(() => socket.ping(String(Date.now())), pingEveryMs);
        socket.on("error", () => socket.terminate());
        socket.on("close", () => {
            clearInterval(pings);
            gone.abort();
        });
        for (const stream of streams) this.subscribe(socket, stream, combined, connection, gone.signal);
    }

    private subscribe(
        socket: WebSocket,
        stream: string,
        combined: boolean,
        connection: number,
        gone: AbortSignal,
    ): void {
        for (const recording of this.options.recordings.streams) {
            if (!recording.streams.includes(stream)) continue;
            const frame = (payload: Payload): string => {
                const data = recording.inArray(stream) ? [payload] : payload;
                return JSON.stringify(combined ? { stream, data } : data);
            };
            const playback = new Playback(recording, frame, socket, this.clock);
            if (recording.initial !== undefined) this.watchDepth(recording.symbol, playback, gone);
            void playback.play(gone).then((ended) => {
                const { file } = recording;
                const status = ended ? "ended" : "left";
                this.options.report({
                    status,
                    recording: file,
                    stream,
                    connection,
                    sent: playback.sent,
                    run: this.clock.id,
                });
            });
        }
    }

    private watchDepth(symbol: string, playback: Playback, gone: AbortSignal): void {
        const playbacks = this.depth.get(symbol) ?? [];
        playbacks.push(playback);
        this.depth.set(symbol, playbacks);
        gone.addEventListener("abort", () => playbacks.splice(playbacks.indexOf(playback), 1));
    }

    private onRequest(request: IncomingMessage, response: ServerResponse): void {
        const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
        const answer = (code: number, body: Payload): void => {
            response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
        };
        if (pathname !== "/api/v3/depth") {
            answer(404, {
                code: -1,
                msg: `Replay serves /api/v3/depth, /stream?streams=… and /ws/<stream>, not ${pathname}.`,
            });
            return;
        }
        const symbol = searchParams.get("symbol") ?? "";
        const limit = Math.min(Number(searchParams.get("limit") ?? 100), 5000);
        const book = this.options.recordings.books.get(symbol);
        const youngest = this.depth.get(symbol)?.at(-1);
        if (!Number.isInteger(limit) || limit < 1)
            answer(400, { code: -1130, msg: "Data sent for parameter 'limit' is not valid." });
        else if (youngest !== undefined) answer(200, youngest.snapshot(limit));
        else if (book !== undefined) answer(200, this.untouched(book, limit));
        else answer(400, { code: -1121, msg: "Invalid symbol." });
    }

    /** A recorded book that nobody is being sent updates of. */
    private untouched({ snapshot, at }: BookRecording, limit: number): Payload {
        const book = new OrderBook();
        book.reset(snapshot);
        return bookAnswer(book, snapshot.lastUpdateId, at, { start: at, span: 0 }, this.clock, limit);
    }
}
