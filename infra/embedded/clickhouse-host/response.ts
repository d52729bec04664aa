// The answer to one query: held back while it is small, then streamed; an error gets its status if nothing was sent, else breaks the stream.
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createCompressor, type Compressor, type ResponseEncoding } from "./encoding";
import type { ClickHouseException } from "./errors";

/** Row and byte counts of a query, as X-ClickHouse-Summary names them; those the engine does not tell are left out. */
export type Summary = Partial<
    Record<"read_rows" | "read_bytes" | "written_rows" | "written_bytes" | "result_rows" | "result_bytes", number>
>;

const EXCEPTION_MARKER = "__exception__";
/** Enough of a result's end to hold the statistics of the JSON formats. */
export const TAIL_BYTES = 512;

/** Writes the result of one query to its HTTP response. */
export class QueryResponse {
    private readonly tag = randomBytes(8).toString("hex");
    private readonly startedAt = process.hrtime.bigint();
    private held: Buffer[] = [];
    private heldBytes = 0;
    private sink: Writable | undefined;
    private compressor: Compressor | undefined;
    /** The last bytes of the result. */
    tail: Buffer = Buffer.alloc(0);
    /** Counts, as far as they are known when the headers are sent. */
    summary: Summary = {};

    constructor(
        private readonly response: ServerResponse,
        private readonly options: { holdBytes: number; encoding: ResponseEncoding | undefined; version: string },
    ) {}

    /** Whether anything has been sent. */
    get started(): boolean {
        return this.sink !== undefined;
    }

    /** Takes a piece of the result; resolves when the client can take more. */
    async write(chunk: Buffer): Promise<void> {
        this.tail = Buffer.concat([this.tail, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
        if (this.sink === undefined) {
            this.held.push(chunk);
            this.heldBytes += chunk.length;
            if (this.heldBytes <= this.options.holdBytes) {
                return;
            }
            await this.start();
            return;
        }
        await this.send(chunk);
    }

    /** Ends the response well. */
    async finish(): Promise<void> {
        if (this.sink === undefined) {
            if (this.heldBytes === 0) {
                this.response.setHeader("X-ClickHouse-Summary", this.summaryText());
                this.response.end();
                return;
            }
            await this.start();
        }
        (this.sink ?? this.response).end();
    }

    /** Ends the response with an error: with its status, or, in the midst of a result, as the real server does: a marked text, then no end. */
    async fail(exception: ClickHouseException): Promise<void> {
        if (this.sink === undefined) {
            this.failFromStart(exception);
            return;
        }
        const text = `${exception.body(this.options.version)}\n`;
        const size = Buffer.byteLength(text);
        const marked = `\r\n${EXCEPTION_MARKER}\r\n${this.tag}\r\n${text}${size} ${this.tag}\r\n${EXCEPTION_MARKER}\r\n`;
        await this.send(Buffer.from(marked));
        await this.flush();
        // A chunked response without its last chunk: no client can take it for a complete one.
        this.response.socket?.end(() => this.response.destroy());
    }

    private failFromStart(exception: ClickHouseException): void {
        const { response } = this;
        this.held = [];
        for (const name of ["Content-Encoding", "X-ClickHouse-Format", "X-ClickHouse-Exception-Tag"]) {
            response.removeHeader(name);
        }
        response.statusCode = exception.status;
        response.setHeader("Content-Type", "text/plain; charset=UTF-8");
        response.setHeader("X-ClickHouse-Exception-Code", String(exception.code));
        response.end(`${exception.body(this.options.version)}\n`);
    }

    private async start(): Promise<void> {
        const { response, held } = this;
        const { encoding } = this.options;
        this.held = [];
        response.setHeader("X-ClickHouse-Summary", this.summaryText());
        response.setHeader("X-ClickHouse-Exception-Tag", this.tag);
        this.sink = response;
        if (encoding !== undefined) {
            response.setHeader("Content-Encoding", encoding.name);
            this.compressor = createCompressor(encoding);
            this.compressor.pipe(response);
            this.sink = this.compressor;
        }
        await this.send(Buffer.concat(held));
    }

    private async send(chunk: Buffer): Promise<void> {
        const { response, sink } = this;
        if (sink === undefined || response.destroyed || sink.write(chunk)) {
            return;
        }
        // A client that goes away never drains.
        const gone = new AbortController();
        const onClose = () => gone.abort();
        response.once("close", onClose);
        await once(sink, "drain", { signal: gone.signal }).catch(() => undefined);
        response.off("close", onClose);
    }

    /** Gets what the compressor holds onto its way to the client. */
    private async flush(): Promise<void> {
        const { compressor, response } = this;
        if (compressor === undefined) {
            return;
        }
        await new Promise<void>((resolve) => compressor.flush(resolve));
        while (compressor.readableLength > 0 && !response.destroyed) {
            await nextTurn();
        }
    }

    private summaryText(): string {
        const elapsed = process.hrtime.bigint() - this.startedAt;
        const counts = Object.entries(this.summary).map(([name, value]) => [name, String(value)]);
        return JSON.stringify({ ...Object.fromEntries(counts), elapsed_ns: elapsed.toString() });
    }
}
