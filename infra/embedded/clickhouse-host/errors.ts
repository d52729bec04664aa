// Errors on their way to the client: the engine's own text, its code and the HTTP status the real server would give it.

/** An error with ClickHouse's number, name and text, as the real server would send it. */
export class ClickHouseException extends Error {
    /** Whether the text came from the engine (true) or from this host (false). */
    readonly fromEngine: boolean;

    constructor(
        readonly code: number,
        readonly codeName: string,
        readonly text: string,
        fromEngine = false,
    ) {
        super(`Code: ${code}. DB::Exception: ${text} (${codeName})`);
        this.name = "ClickHouseException";
        this.fromEngine = fromEngine;
    }

    /** HTTP status of a response that starts with this error. */
    get status(): number {
        return STATUS_OF_CODE.get(this.code) ?? 500;
    }

    /** The one-line body: the engine's text with the version at its end, as on the real server. */
    body(version: string): string {
        return `${this.message} (version ${version})`;
    }
}

/** Numbers of the exceptions this host throws itself. */
export const badArguments = (text: string) => new ClickHouseException(36, "BAD_ARGUMENTS", text);
export const notImplemented = (text: string) => new ClickHouseException(48, "NOT_IMPLEMENTED", text);
export const syntaxError = (text: string) => new ClickHouseException(62, "SYNTAX_ERROR", text);
export const unknownTypeOfQuery = (text: string) => new ClickHouseException(78, "UNKNOWN_TYPE_OF_QUERY", text);
export const unknownSetting = (text: string) => new ClickHouseException(115, "UNKNOWN_SETTING", text);
export const tooManyQueries = (text: string) => new ClickHouseException(202, "TOO_MANY_SIMULTANEOUS_QUERIES", text);
export const sameIdRunning = (text: string) =>
    new ClickHouseException(216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING", text);
export const notInflatable = (text: string) => new ClickHouseException(354, "ZLIB_INFLATE_FAILED", text);
export const intoOutfileRefused = (text: string) => new ClickHouseException(358, "INTO_OUTFILE_NOT_ALLOWED", text);
export const sessionNotFound = (text: string) => new ClickHouseException(372, "SESSION_NOT_FOUND", text);
export const sessionLocked = (text: string) => new ClickHouseException(373, "SESSION_IS_LOCKED", text);
export const badSessionTimeout = (text: string) => new ClickHouseException(374, "INVALID_SESSION_TIMEOUT", text);
export const authenticationFailed = (text: string) => new ClickHouseException(516, "AUTHENTICATION_FAILED", text);
export const unknownRole = (text: string) => new ClickHouseException(511, "UNKNOWN_ROLE", text);

/** The server's table of codes that are not a plain 500 (26.x, exceptionCodeToHTTPStatus). */
const STATUS_OF_CODE = new Map<number, number>([
    ...withStatus(
        400,
        [6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223, 321, 376, 427, 441],
    ),
    ...withStatus(400, [675, 676]),
    ...withStatus(404, [46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511]),
    ...withStatus(403, [192, 193, 497, 512, 516]),
    ...withStatus(503, [76, 209, 439]),
    [48, 501],
    [159, 408],
    [194, 401],
    [229, 413],
    [381, 411],
    [779, 415],
]);

function withStatus(status: number, codes: number[]): [number, number][] {
    return codes.map((code) => [code, status]);
}

const ENGINE_TEXT = /^(?:Query failed: )?Code: (\d+)\. DB::\w*Exception: ([\s\S]*?)\s*\(([A-Z][A-Z0-9_]*)\)\s*$/;
/** INSERT data goes through a nested parser, which wraps the exception in itself and adds the version. */
const WRAPPED = /^Code: \d+\. DB::\w*Exception: ([\s\S]*?)\s*(?:\([A-Z][A-Z0-9_]*\))? \(version [^)]*\)\.?$/;
/** Traces of the pipe through which the host hands over the data. */
const PIPE_TRACES = /\(in file\/uri [^)]*\): |: While executing File: data for INSERT was parsed from file/g;

/** Makes the client's exception of whatever the engine threw. Never fails: a text it does not know becomes code 1002 as it stands. */
export function engineException(thrown: unknown): ClickHouseException {
    if (thrown instanceof ClickHouseException) {
        return thrown;
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const match = ENGINE_TEXT.exec(message);
    if (match === null) {
        return new ClickHouseException(1002, "UNKNOWN_EXCEPTION", message === "" ? "no message" : message, true);
    }
    const [, code = "0", text = "", name = ""] = match;
    return new ClickHouseException(Number(code), name, unwrapped(text).replace(PIPE_TRACES, ""), true);
}

function unwrapped(text: string): string {
    const inner = WRAPPED.exec(text)?.[1];
    return inner === undefined ? text : unwrapped(inner);
}

/** An error of the operating system (a port in use, a folder not writable) as one sentence. */
export function plainMessage(thrown: unknown): string {
    return thrown instanceof Error ? thrown.message : String(thrown);
}
