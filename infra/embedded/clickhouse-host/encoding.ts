// Compression of responses: which one the client takes, and the stream that does it.
import {
    constants,
    createBrotliCompress,
    createDeflate,
    createGzip,
    createZstdCompress,
    type BrotliCompress,
    type Deflate,
    type Gzip,
    type ZstdCompress,
} from "node:zlib";

/** A compression agreed with the client. */
export interface ResponseEncoding {
    name: "br" | "gzip" | "deflate" | "zstd";
    /** 1 (fast) to 9 (small). */
    level: number;
}

/** In the order in which the real server prefers them. */
const KNOWN = ["br", "gzip", "deflate", "zstd"] as const;
const DEFAULT_LEVEL = 3;

/** Picks a compression out of an Accept-Encoding header; none when the client takes none the host has. */
export function chooseEncoding(accepted: string | undefined, level: string | undefined): ResponseEncoding | undefined {
    const names = (accepted ?? "").split(",").map((item) => item.split(";")[0]?.trim().toLowerCase());
    const name = KNOWN.find((known) => names.includes(known));
    const wanted = Number(level ?? DEFAULT_LEVEL);
    return name && { name, level: Math.min(Math.max(Number.isInteger(wanted) ? wanted : DEFAULT_LEVEL, 1), 9) };
}

/** A stream that compresses. */
export type Compressor = BrotliCompress | Deflate | Gzip | ZstdCompress;

/** Makes the stream for a compression. */
export function createCompressor({ name, level }: ResponseEncoding): Compressor {
    switch (name) {
        case "gzip":
            return createGzip({ level });
        case "deflate":
            return createDeflate({ level });
        case "br":
            return createBrotliCompress({ params: { [constants.BROTLI_PARAM_QUALITY]: level } });
        case "zstd":
            return createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: level } });
    }
}
