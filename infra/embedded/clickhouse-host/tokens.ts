// Splits SQL text into tokens, just far enough to see where a statement's clauses begin. Pure; the text is bytes read as latin1.

/** A piece of SQL. `text` of a word keeps its case; `depth` counts the brackets around it. */
export interface Token {
    kind: "word" | "string" | "quoted" | "punctuation" | "broken";
    text: string;
    start: number;
    end: number;
    depth: number;
}

const SPACE = /[\s\0]/;
const WORD_START = /[A-Za-z0-9_\x80-\xff]/;
const WORD = /[A-Za-z0-9_$\x80-\xff]*/y;
const HEREDOC = /\$[A-Za-z0-9_]*\$/y;
const OPENING = "([{";
const CLOSING = ")]}";

/** Yields the tokens of `sql` one by one, so that the data behind an INSERT is never looked at. A "broken" token ends an unfinished text. */
export function* tokens(sql: string): Generator<Token, undefined> {
    let at = 0;
    let depth = 0;
    for (;;) {
        at = skipBlank(sql, at);
        if (at >= sql.length) {
            return;
        }
        const token = tokenAt(sql, at, depth);
        if (CLOSING.includes(token.text)) {
            depth = Math.max(0, depth - 1);
            token.depth = depth;
        }
        yield token;
        if (OPENING.includes(token.text)) {
            depth++;
        }
        at = token.end;
    }
}

function tokenAt(sql: string, start: number, depth: number): Token {
    const first = sql.charAt(start);
    const make = (kind: Token["kind"], end: number): Token => ({
        kind,
        text: sql.slice(start, end),
        start,
        end,
        depth,
    });
    if (first === "'" || first === '"' || first === "`") {
        const end = endOfQuoted(sql, start, first);
        return end === undefined ? make("broken", sql.length) : make(first === "'" ? "string" : "quoted", end);
    }
    if (WORD_START.test(first)) {
        WORD.lastIndex = start;
        return make("word", start + (WORD.exec(sql)?.[0].length ?? 1));
    }
    if (first === "$") {
        HEREDOC.lastIndex = start;
        const tag = HEREDOC.exec(sql)?.[0];
        const close = tag === undefined ? -1 : sql.indexOf(tag, start + tag.length);
        if (tag !== undefined && close !== -1) {
            return make("string", close + tag.length);
        }
    }
    return make("punctuation", start + 1);
}

/** End of a quoted text: a backslash escapes one character, a doubled quote stands for itself. */
function endOfQuoted(sql: string, start: number, quote: string): number | undefined {
    for (let at = start + 1; at < sql.length; at++) {
        const character = sql.charAt(at);
        if (character === "\\") {
            at++;
        } else if (character === quote) {
            if (sql.charAt(at + 1) !== quote) {
                return at + 1;
            }
            at++;
        }
    }
    return undefined;
}

/** Skips white space and the three kinds of comments. */
function skipBlank(sql: string, from: number): number {
    for (let at = from; ;) {
        while (at < sql.length && SPACE.test(sql.charAt(at))) {
            at++;
        }
        const two = sql.slice(at, at + 2);
        if (two === "--" || two === "# " || two === "#!") {
            const end = sql.indexOf("\n", at);
            at = end === -1 ? sql.length : end + 1;
        } else if (two === "/*") {
            const end = sql.indexOf("*/", at + 2);
            at = end === -1 ? sql.length : end + 2;
        } else {
            return at;
        }
    }
}
