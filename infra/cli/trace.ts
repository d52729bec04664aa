/** Between an error's text and a user: of a stack trace only the one line of this project is kept that the user can mend. Pure. */
import path from "node:path";
import { stripVTControlCharacters } from "node:util";

const frame = /^\s+at .*(:\d+:\d+|<anonymous>|node:internal)/;
const position = /^\s+at (?:.* \()?(?:file:\/\/)?(\/.*):(\d+):\d+\)?(?: \{)?$/;
/** Where a mistake in the catalogue is made, though it may come to light further in. */
const declarations = /^schema\/(facts|references)\//;

/** `schema/facts/marketTrades.ts:11`, of frames without colour; undefined where none is of this project. */
function place(frames: readonly string[], root: string): string | undefined {
    const own = frames.flatMap((line) => {
        const [, file = "", number = ""] = position.exec(line) ?? [];
        const relative = path.relative(root, file);
        const foreign = file === "" || relative.startsWith("..") || relative.includes("node_modules");
        return foreign ? [] : [`${relative}:${number}`];
    });
    return own.find((each) => declarations.test(each)) ?? own[0];
}

/** Takes text line by line; colours of other lines stay. */
export class TraceFilter {
    private frames: string[] = [];

    /** @param root the project's folder, absolute */
    constructor(private readonly root: string) {}

    /** What to show when this line has come: nothing within a stack trace. */
    line(text: string): string[] {
        const plain = stripVTControlCharacters(text).trimEnd();
        if (!frame.test(plain)) return [...this.end(), text];
        this.frames.push(plain);
        return [];
    }

    /** What is left to show after the last line. */
    end(): string[] {
        const found = place(this.frames, this.root);
        this.frames = [];
        return found === undefined ? [] : [`  at ${found}`];
    }
}

/** A whole message without colours, empty lines and stack traces. */
export function withoutStackTrace(message: string, root: string): string {
    const filter = new TraceFilter(root);
    const lines = message.split("\n").flatMap((line) => filter.line(stripVTControlCharacters(line).trimEnd()));
    return [...lines, ...filter.end()].filter((line) => line !== "").join("\n");
}
