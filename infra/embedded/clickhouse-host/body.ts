// The body of a request: decompressed, its beginning looked at, the rest passed on in pieces.
import type { IncomingMessage } from "node:http";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import { notImplemented, notInflatable, plainMessage } from "./errors";

const DECOMPRESSORS: Record<string, () => Transform> = {
    gzip: createGunzip,
    "x-gzip": createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
    zstd: createZstdDecompress,
};

/** The client broke off while sending its body. */
export class BodyAborted extends Error {}

/** Reads a body front to back: first some bytes to look at, then everything. */
export class Body {
    private readonly chunks: AsyncIterator<Buffer>;
    private seen: Buffer[] = [];
    private ended = false;

    constructor(private readonly request: IncomingMessage) {
        const source = decompressed(request);
        // It may break before anyone reads; the reader is told then.
        source.on("error", () => undefined);
        this.chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    }

    /** The first `limit` bytes or a little more, or the whole body where that is shorter. Called again, it looks further. */
    async peek(limit: number): Promise<Buffer> {
        let size = this.seen.reduce((sum, chunk) => sum + chunk.length, 0);
        while (size < limit) {
            const chunk = await this.next();
            if (chunk === undefined) {
                break;
            }
            this.seen.push(chunk);
            size += chunk.length;
        }
        this.seen = [Buffer.concat(this.seen)];
        return this.seen[0] ?? Buffer.alloc(0);
    }

    /** Whether peek() has seen all of it. */
    get complete(): boolean {
        return this.ended;
    }

    /** All bytes from `offset` on, those already looked at included. */
    async *from(offset: number): AsyncGenerator<Buffer, void> {
        const head = Buffer.concat(this.seen).subarray(offset);
        this.seen = [];
        if (head.length > 0) {
            yield head;
        }
        for (let chunk = await this.next(); chunk !== undefined; chunk = await this.next()) {
            yield chunk;
        }
    }

    /** Reads what the client still sends and drops it, so that it comes to reading the answer. */
    async drain(): Promise<void> {
        this.seen = [];
        while ((await this.next()) !== undefined) {
            this.seen = [];
        }
    }

    private async next(): Promise<Buffer | undefined> {
        if (this.ended) {
            return undefined;
        }
        try {
            const step = await this.chunks.next();
            this.ended = step.done === true;
            return step.done === true ? undefined : step.value;
        } catch (thrown) {
            this.ended = true;
            if (this.request.destroyed && !this.request.complete) {
                throw new BodyAborted("the client went away while sending");
            }
            throw notInflatable(`Cannot decompress the request's body: ${plainMessage(thrown)}.`);
        }
    }
}

function decompressed(request: IncomingMessage): Readable {
    const encoding = (request.headers["content-encoding"] ?? "identity").toLowerCase();
    if (encoding === "identity" || encoding === "") {
        return request;
    }
    const create = DECOMPRESSORS[encoding];
    if (create === undefined) {
        throw notImplemented(
            `Unknown Content-Encoding '${encoding}'. Use one of: ${Object.keys(DECOMPRESSORS).join(", ")}.`,
        );
    }
    // The error reaches the reader of the returned stream.
    return pipeline(request, create(), () => undefined);
}
