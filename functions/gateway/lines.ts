// The events of a body: a batch cut at its line feeds, blank lines left out, each line in valid UTF-8 or none.
import { isUtf8 } from "node:buffer";

/** A line that is not blank. */
export interface Line {
    /** From 1; blank lines count. */
    readonly number: number;
    /** undefined where the bytes are not UTF-8. */
    readonly text: string | undefined;
    readonly bytes: number;
}

const lineFeed = 0x0a;

/** A whole body as one line; undefined when it is blank. */
export function lineOf(slice: Buffer, number = 1, sound = isUtf8(slice)): Line | undefined {
    const text = sound || isUtf8(slice) ? slice.toString() : undefined;
    return text?.trim() === "" ? undefined : { number, text, bytes: slice.length };
}

/** Lines of a body, without the blank ones; undefined when there are more than `max`, blank ones included. */
export function linesOf(body: Buffer, max: number): Line[] | undefined {
    const sound = isUtf8(body);
    const lines: Line[] = [];
    let number = 0;
    for (let start = 0; start < body.length;) {
        number += 1;
        if (number > max) return undefined;
        const found = body.indexOf(lineFeed, start);
        const end = found === -1 ? body.length : found;
        const line = lineOf(body.subarray(start, end), number, sound);
        if (line !== undefined) lines.push(line);
        start = end + 1;
    }
    return lines;
}
