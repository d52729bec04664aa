// Reads what kind of statement a query is and rewrites it to pass its data through a pipe. Pure; no validation: the engine judges the SQL.
import { intoOutfileRefused, syntaxError, unknownTypeOfQuery } from "./errors";
import { tokens, type Token } from "./tokens";

/** A statement, as far as the host must know it. */
export type Statement =
    /** SELECT and its kin: the output goes through a pipe. */
    | { kind: "select"; format: string | undefined; toPipe: (pipe: string, format: string) => string }
    /** INSERT with data behind the text (from byte `dataStart` on) or in the request's body: read from a pipe. */
    | { kind: "insertData"; dataStart: number; fromPipe: (pipe: string) => string }
    /** INSERT … SELECT: no output, rows written are counted. */
    | { kind: "write"; sql: string }
    /** Everything else: a small output or none. */
    | { kind: "other"; sql: string; format: string | undefined; verb: string };

const SELECT_WORDS = new Set(["SELECT", "WITH", "FROM"]);

/** Looks at a query text given as latin1 (a character is a byte). Throws what the real server refuses before it parses further. */
export function readStatement(sql: string): Statement {
    const source = tokens(sql);
    const first = source.next().value;
    if (first === undefined) {
        throw syntaxError("Syntax error: failed at position 1 (end of query). Empty query.");
    }
    if (isWord(first, "INSERT")) {
        const insert = readInsert(sql, source) ?? inputAsFile(sql);
        if (insert !== undefined) {
            return insert;
        }
    }
    const all = readAll(sql);
    const end = all.at(-1)?.end ?? 0;
    if (isWord(first, "INSERT")) {
        return { kind: "write", sql: sql.slice(0, end) };
    }
    refuseOutfile(all);
    const format = formatClause(all);
    if (SELECT_WORDS.has(first.text.toUpperCase()) || first.text === "(") {
        const head = sql.slice(0, format?.start ?? end);
        const tail = format === undefined ? "" : sql.slice(format.end, end);
        const toPipe = (pipe: string, name: string) =>
            `${head} INTO OUTFILE ${quote(pipe)} APPEND FORMAT ${name}${tail}`;
        return { kind: "select", format: format?.name, toPipe };
    }
    return { kind: "other", sql: sql.slice(0, end), format: format?.name, verb: first.text.toUpperCase() };
}

/** All tokens without a closing semicolon. A second statement is refused as on the real server. */
function readAll(sql: string): Token[] {
    const all = [...tokens(sql)];
    const semicolon = all.findIndex((token) => token.text === ";" && token.depth === 0);
    if (semicolon === -1) {
        return all;
    }
    const second = all.slice(semicolon).find((token) => token.text !== ";");
    if (second !== undefined) {
        const rest = sql.slice(second.start, second.start + 80);
        throw syntaxError(
            `Syntax error (Multi-statements are not allowed): failed at position ${(all[semicolon]?.start ?? 0) + 1} (end of query): ; ${rest}.`,
        );
    }
    return all.slice(0, semicolon);
}

/** The FORMAT clause at the end of a query (before trailing SETTINGS, if any). */
function formatClause(all: Token[]): { name: string; start: number; end: number } | undefined {
    for (let index = all.length - 2; index > 0; index--) {
        const [token, name, next] = [all[index], all[index + 1], all[index + 2]];
        if (token === undefined || name === undefined || !isWord(token, "FORMAT") || name.kind !== "word") {
            continue;
        }
        const closes = next === undefined || isWord(next, "SETTINGS");
        return closes ? { name: name.text, start: token.start, end: name.end } : undefined;
    }
    return undefined;
}

function refuseOutfile(all: Token[]): void {
    if (all.some((token, index) => isWord(token, "INTO") && all[index + 1]?.text.toUpperCase() === "OUTFILE")) {
        throw intoOutfileRefused("INTO OUTFILE is not allowed");
    }
}

/** An INSERT whose data stands behind it; undefined for INSERT … SELECT and for texts the engine will refuse. */
function readInsert(sql: string, source: Iterator<Token, undefined>): Statement | undefined {
    const target = skipTarget(source);
    let settingsStart: number | undefined;
    for (let token = target; token !== undefined; token = source.next().value) {
        const word = token.depth === 0 && token.kind === "word" ? token.text.toUpperCase() : "";
        if (word === "SELECT" || word === "WITH" || token.kind === "broken") {
            return undefined;
        }
        if (word === "FROM") {
            refuseInfile(source.next().value);
            return undefined;
        }
        settingsStart ??= word === "SETTINGS" ? token.start : undefined;
        if (word === "VALUES") {
            return insertData(sql, settingsStart, token.start, "Values", token.end);
        }
        if (word === "FORMAT") {
            const name = source.next().value;
            return name === undefined
                ? undefined
                : insertData(sql, settingsStart, token.start, name.text, dataStart(sql, name.end));
        }
    }
    return undefined;
}

/** Steps over INTO, TABLE, FUNCTION and the first part of the name, which may itself be called like a clause; returns the token behind. */
function skipTarget(source: Iterator<Token, undefined>): Token | undefined {
    let token = source.next().value;
    for (const word of ["INTO", "TABLE", "FUNCTION"]) {
        if (token !== undefined && isWord(token, word)) {
            token = source.next().value;
        }
    }
    return source.next().value;
}

function refuseInfile(next: Token | undefined): void {
    if (next !== undefined && isWord(next, "INFILE")) {
        throw unknownTypeOfQuery("Query has infile and was send directly to server.");
    }
}

function insertData(
    sql: string,
    settingsStart: number | undefined,
    clauseStart: number,
    format: string,
    start: number,
): Statement {
    const head = sql.slice(0, settingsStart ?? clauseStart);
    const settings = settingsStart === undefined ? "" : sql.slice(settingsStart, clauseStart);
    const fromPipe = (pipe: string) =>
        `${head} FROM INFILE ${quote(pipe)} COMPRESSION 'none' ${settings} FORMAT ${format}`;
    return { kind: "insertData", dataStart: start, fromPipe };
}

/** Data begins behind the blanks after the format's name and one line break, as on the real server. */
function dataStart(sql: string, afterFormat: number): number {
    let at = afterFormat;
    if (sql.charAt(at) === ";") {
        throw syntaxError("You have excessive ';' symbol before data for INSERT.");
    }
    while (" \t\f".includes(sql.charAt(at)) && at < sql.length) {
        at++;
    }
    at += sql.charAt(at) === "\r" ? 1 : 0;
    at += sql.charAt(at) === "\n" ? 1 : 0;
    return at;
}

/**
 * `INSERT … SELECT … FROM input('structure') FORMAT X` reads the pipe as a table: input() itself does not see one. Tokens are read only up to
 * FORMAT, the data behind it is not SQL.
 */
function inputAsFile(sql: string): Statement | undefined {
    let call: Token | undefined;
    let bracket: Token | undefined;
    const source = tokens(sql);
    for (let token = source.next().value; token !== undefined; token = source.next().value) {
        if (call !== undefined && bracket !== undefined && token.depth === 0 && isWord(token, "FORMAT")) {
            return insertThroughFile(sql, { call, bracket, clause: token, name: source.next().value });
        }
        if (bracket === undefined) {
            bracket = call !== undefined && token.text === "(" ? token : undefined;
            call = bracket !== undefined ? call : isWord(token, "input") ? token : undefined;
        }
    }
    return undefined;
}

function insertThroughFile(
    sql: string,
    at: { call: Token; bracket: Token; clause: Token; name: Token | undefined },
): Statement | undefined {
    const { call, bracket, clause, name } = at;
    if (name === undefined) {
        return undefined;
    }
    const fromPipe = (pipe: string) =>
        `${sql.slice(0, call.start)}file(${quote(pipe)}, ${quote(name.text)}, ${sql.slice(bracket.end, clause.start)}`;
    return { kind: "insertData", dataStart: dataStart(sql, name.end), fromPipe };
}

/** Replaces string literals of a KILL statement: a client's query id stands for the engine's own. */
export function replaceLiterals(sql: string, replacement: (literal: string) => string | undefined): string {
    let result = "";
    let from = 0;
    for (const token of tokens(sql)) {
        const value = token.kind === "string" ? replacement(unquote(token.text)) : undefined;
        if (value !== undefined) {
            result += sql.slice(from, token.start) + quote(value);
            from = token.end;
        }
    }
    return result + sql.slice(from);
}

function isWord(token: Token, word: string): boolean {
    return token.kind === "word" && token.text.toUpperCase() === word.toUpperCase();
}

/** The text of a string literal, as far as its quotes and backslashes go. */
function unquote(literal: string): string {
    return literal.slice(1, -1).replace(/\\(.)|''/gs, (_pair, escaped: string | undefined) => escaped ?? "'");
}

/** A string literal. */
export function quote(text: string): string {
    return `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'")}'`;
}

/** An identifier in back-ticks. */
export function quoteName(name: string): string {
    return `\`${name.replace(/\\/g, "\\\\").replace(/`/g, "\\`")}\``;
}
