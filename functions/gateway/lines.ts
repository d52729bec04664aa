// The events of a body: a batch cut at its line feeds, blank lines left out, each line in valid UTF-8 or none.
import { isUtf8 } from "node:buffer";

/** A line that is not blank. */
export interface Line {
    /** From 1; blank lines count. */
    readonly number: number;
    /** undefined where the bytes are not UTF-8. */
    readonly text: string | undefined;
}

const lineFeed = 0x0a;
const blank = /^\s*$/;

const lineOfText = (text: string | undefined, number: number): Line | undefined =>
    text !== undefined && blank.test(text) ? undefined : { number, text };

/** A whole body as one line; undefined when it is blank. */
export const lineOf = (body: Buffer): Line | undefined => lineOfText(isUtf8(body) ? body.toString() : undefined, 1);

/** Texts of the lines one by one, where one of them at least is not UTF-8. */
function decodedOneByOne(body: Buffer): (string | undefined)[] {
    const texts: (string | undefined)[] = [];
    for (let start = 0; start <= body.length;) {
        const found = body.indexOf(lineFeed, start);
        const end = found === -1 ? body.length : found;
        const slice = body.subarray(start, end);
        texts.push(isUtf8(slice) ? slice.toString() : undefined);
        start = end + 1;
    }
    return texts;
}

function lineFeeds(body: Buffer): number {
    let count = 0;
    for (let at = body.indexOf(lineFeed); at !== -1; at = body.indexOf(lineFeed, at + 1)) count += 1;
    return count;
}

/** Lines of a body, without the blank ones; undefined when there are more than `max`, blank ones included. */
export function linesOf(body: Buffer, max: number): Line[] | undefined {
    const last = body.at(-1) === lineFeed ? 0 : 1;
    if (lineFeeds(body) + last > max) return undefined;
    // Decoding all of it at once is many times faster than line by line.
    const texts = isUtf8(body) ? body.toString().split("\n") : decodedOneByOne(body);
    return texts.flatMap((text, index) => lineOfText(text, index + 1) ?? []);
}
