// The answer's body: read to a limit, and turned into text by the charset it declares.
import { type Response } from "undici";
import { HttpProblem } from "./problem";

/** The media type of a content-type header, lower-case, without parameters. */
export const mediaType = (header: string | null): string => (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/**
 * Reads a body of at most `maxBytes`, counted after decompression, so that a small archive of much nothing is stopped as well.
 * @throws HttpProblem `too-large`.
 */
export async function readBody(response: Response, url: URL, maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response.body ?? []) {
        const bytes = Buffer.from(chunk as Uint8Array);
        size += bytes.length;
        // Leaving the loop cancels the stream, and with it the connection.
        if (size > maxBytes) throw new HttpProblem("too-large", url, `the answer is over ${maxBytes} bytes`);
        chunks.push(bytes);
    }
    return Buffer.concat(chunks);
}

/** Text by the charset given; by UTF-8 where it is missing or unknown. */
export function decode(bytes: Buffer, charset: string | undefined): string {
    try {
        return new TextDecoder(charset).decode(bytes);
    } catch {
        return new TextDecoder().decode(bytes);
    }
}

/** The charset of a content-type header. */
export const charsetOf = (header: string | null): string | undefined =>
    /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(header ?? "")?.[1];
