// Cuts bytes into lines as they come in: a line is one only when its end has come.

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Longest line taken; a file without line ends must not fill the memory. */
export const maxLineBytes = 4 * 1024 * 1024;

/** A line without its end, and the bytes it spans in its file. */
export interface Line {
    readonly value: Buffer;
    readonly start: number;
    readonly end: number;
    /** From 1; blank lines count. */
    readonly number: number;
    /** The line was over `maxLineBytes`; the value is its beginning. */
    readonly cut: boolean;
}

/** Keeps the unfinished last line until the rest of it comes. */
export class LineCutter {
    private parts: Buffer[] = [];
    private held = 0;
    private cut = false;
    private number = 0;
    /** Where the unfinished line starts. */
    private start: number;

    constructor(offset = 0) {
        this.start = offset;
    }

    /** The lines that end in this chunk, without blank ones. */
    push(chunk: Buffer): Line[] {
        const lines: Line[] = [];
        let from = 0;
        for (let at = chunk.indexOf(lineFeed); at !== -1; at = chunk.indexOf(lineFeed, from)) {
            this.keep(chunk.subarray(from, at));
            const line = this.finish(1);
            if (line !== undefined) lines.push(line);
            from = at + 1;
        }
        this.keep(chunk.subarray(from));
        return lines;
    }

    /** What is left when nothing more can come. */
    rest(): Line | undefined {
        return this.finish(0);
    }

    private keep(bytes: Buffer): void {
        this.held += bytes.length;
        if (this.cut || bytes.length === 0) return;
        this.parts.push(bytes);
        if (this.held > maxLineBytes) this.cut = true;
    }

    private finish(terminator: 0 | 1): Line | undefined {
        const { start, held, cut } = this;
        const end = start + held + terminator;
        const joined = this.parts.length === 1 ? (this.parts[0] ?? Buffer.alloc(0)) : Buffer.concat(this.parts);
        this.parts = [];
        this.held = 0;
        this.cut = false;
        this.start = end;
        this.number += 1;
        const value = joined.at(-1) === carriageReturn ? joined.subarray(0, -1) : joined;
        if (!cut && value.toString("latin1").trim() === "") return undefined;
        return { value: cut ? value.subarray(0, 1024) : value, start, end, number: this.number, cut };
    }
}
