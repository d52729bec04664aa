// What a client asks for: the parts of URL, headers and multipart body that mean something to the host, the rest as settings.
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import {
    authenticationFailed,
    badArguments,
    badSessionTimeout,
    notImplemented,
    unknownRole,
    unknownSetting,
} from "./errors";
import { chooseEncoding, type ResponseEncoding } from "./encoding";

/** One query as asked for over HTTP. */
export interface QueryRequest {
    /** The `query` parameter; the body follows it. */
    text: string;
    /** GET and HEAD: nothing may be changed. */
    readonly: boolean;
    queryId: string;
    database: string | undefined;
    /** Format of a result whose query has no FORMAT clause. */
    defaultFormat: string;
    /** Engine settings by name. */
    settings: Map<string, string>;
    /** Query parameters, names with their prefix `param_`. */
    parameters: Map<string, string>;
    session: SessionRequest | undefined;
    /** Answer only after the query's end, so that an error always has its status. */
    waitEnd: boolean;
    /** Bytes of a result held back before the response begins: an error within them still gets its status. */
    holdBytes: number;
    encoding: ResponseEncoding | undefined;
}

/** The session a request belongs to. */
export interface SessionRequest {
    id: string;
    timeoutSeconds: number;
    mustExist: boolean;
    closeAfter: boolean;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/;
const MIN_HOLD_BYTES = 1024 * 1024;
const MAX_HOLD_BYTES = 64 * 1024 * 1024;
const DEFAULT_SESSION_SECONDS = 60;
const MAX_SESSION_SECONDS = 3600;

/** Parameters of the HTTP interface that are not settings of the engine. */
const RESERVED = new Set(
    [
        ["query", "database", "default_format", "query_id", "user", "password", "quota_key", "role", "stacktrace"],
        ["session_id", "session_timeout", "session_check", "close_session", "buffer_size", "wait_end_of_query"],
        ["compress", "decompress", "client_protocol_version"],
    ].flat(),
);

/** Reads the request's line and headers. Throws what the real server throws for bad ones. */
export function readRequest(request: IncomingMessage, query: URLSearchParams): QueryRequest {
    const { headers } = request;
    checkText(request, query);
    checkCredentials(headers, query);
    refuseUnsupported(query);
    const settings = new Map<string, string>();
    const parameters = new Map<string, string>();
    for (const [name, value] of query) {
        if (name.startsWith("param_")) {
            parameters.set(checkedName(name), value);
        } else if (name !== "" && !RESERVED.has(name)) {
            settings.set(checkedName(name), value);
        }
    }
    return {
        text: query.get("query") ?? "",
        readonly: request.method === "GET" || request.method === "HEAD",
        queryId: nonEmpty(query.get("query_id")) ?? header(headers, "x-clickhouse-query-id") ?? randomUUID(),
        database: header(headers, "x-clickhouse-database") ?? nonEmpty(query.get("database")),
        defaultFormat:
            header(headers, "x-clickhouse-format") ?? nonEmpty(query.get("default_format")) ?? "TabSeparated",
        settings,
        parameters,
        session: readSession(query),
        waitEnd: isTrue(query.get("wait_end_of_query")) || isTrue(settings.get("http_wait_end_of_query")),
        holdBytes: holdBytes(query.get("buffer_size") ?? settings.get("http_response_buffer_size")),
        encoding: isTrue(settings.get("enable_http_compression"))
            ? chooseEncoding(header(headers, "accept-encoding"), settings.get("http_zlib_compression_level"))
            : undefined,
    };
}

/** Adds what a multipart body holds: the query's text and its parameters. */
export function addMultipart(request: QueryRequest, body: Buffer, contentType: string): void {
    const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
    if (boundary === undefined) {
        throw badArguments("Multipart request without a boundary in its Content-Type.");
    }
    for (const part of multipartParts(body, boundary)) {
        if (part.fileName !== undefined) {
            throw notImplemented(`External data ('${part.name}') is not supported by the embedded ClickHouse.`);
        }
        if (part.name === "query") {
            request.text += part.value;
        } else if (part.name.startsWith("param_")) {
            request.parameters.set(checkedName(part.name), part.value);
        }
    }
}

function* multipartParts(
    body: Buffer,
    boundary: string,
): Generator<{ name: string; value: string; fileName?: string }> {
    const delimiter = `--${boundary}`;
    const text = body.toString("latin1");
    let start = text.indexOf(delimiter);
    while (start !== -1) {
        const headerStart = start + delimiter.length + 2;
        const headerEnd = text.indexOf("\r\n\r\n", headerStart);
        const next = text.indexOf(`\r\n${delimiter}`, headerStart - 2);
        if (headerEnd === -1 || next === -1) {
            return;
        }
        const disposition = text.slice(headerStart, headerEnd);
        const name = /[; ]name="([^"]*)"/i.exec(disposition)?.[1] ?? "";
        const fileName = /filename="([^"]*)"/i.exec(disposition)?.[1];
        const value = body.subarray(headerEnd + 4, Math.max(next, headerEnd + 4)).toString("utf8");
        yield fileName === undefined ? { name, value } : { name, value, fileName };
        start = next + 2;
    }
}

function readSession(query: URLSearchParams): SessionRequest | undefined {
    const id = nonEmpty(query.get("session_id"));
    if (id === undefined) {
        return undefined;
    }
    const asked = query.get("session_timeout") ?? String(DEFAULT_SESSION_SECONDS);
    if (!/^\d+$/.test(asked)) {
        throw badSessionTimeout(`Invalid session timeout: '${asked}'`);
    }
    if (Number(asked) > MAX_SESSION_SECONDS) {
        throw badSessionTimeout(
            `Session timeout '${asked}' is larger than max_session_timeout: ${MAX_SESSION_SECONDS}.`,
        );
    }
    return {
        id,
        timeoutSeconds: Number(asked),
        mustExist: isTrue(query.get("session_check")),
        closeAfter: isTrue(query.get("close_session")),
    };
}

/** The embedded engine has one user, `default`, without a password; it listens on the loopback interface. */
function checkCredentials(headers: IncomingHttpHeaders, query: URLSearchParams): void {
    const authorization = headers.authorization;
    const basic = authorization === undefined ? undefined : /^Basic\s+(\S*)$/i.exec(authorization)?.[1];
    if (authorization !== undefined && basic === undefined) {
        throw authenticationFailed("Only Basic authorization is supported by the embedded ClickHouse.");
    }
    const [basicUser, ...basicPassword] = Buffer.from(basic ?? "", "base64")
        .toString("utf8")
        .split(":");
    const user = header(headers, "x-clickhouse-user") ?? nonEmpty(query.get("user") ?? basicUser ?? "") ?? "default";
    const password = header(headers, "x-clickhouse-key") ?? query.get("password") ?? basicPassword.join(":");
    if (user !== "default" || password !== "") {
        throw authenticationFailed(
            `${user}: Authentication failed: password is incorrect, or there is no user with such name. The embedded ClickHouse knows the user 'default' without a password.`,
        );
    }
}

/** Bytes of the URL that are not UTF-8 would silently become other characters. */
function checkText(request: IncomingMessage, query: URLSearchParams): void {
    const replaced = [...query.values()].some((value) => value.includes("\ufffd"));
    if (replaced && !/%EF%BF%BD/i.test(request.url ?? "")) {
        throw badArguments("The URL holds bytes that are not UTF-8; send such a query in the body.");
    }
}

function refuseUnsupported(query: URLSearchParams): void {
    for (const name of ["compress", "decompress"]) {
        if (isTrue(query.get(name))) {
            throw notImplemented(
                `'${name}=1' (native block compression) is not supported, use HTTP compression instead.`,
            );
        }
    }
    const role = query.get("role");
    if (role !== null) {
        throw unknownRole(`There is no role \`${role}\`: the embedded ClickHouse has no roles.`);
    }
}

function checkedName(name: string): string {
    if (!NAME.test(name)) {
        throw unknownSetting(`Unknown setting '${name}'`);
    }
    return name;
}

function holdBytes(asked: string | undefined): number {
    const size = Number(asked ?? 0);
    return Math.min(Math.max(Number.isFinite(size) ? size : 0, MIN_HOLD_BYTES), MAX_HOLD_BYTES);
}

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
    const value = headers[name];
    return nonEmpty(Array.isArray(value) ? value[0] : value);
}

function nonEmpty(value: string | null | undefined): string | undefined {
    return value === null || value === undefined || value === "" ? undefined : value;
}

function isTrue(value: string | null | undefined): boolean {
    return value === "1" || value?.toLowerCase() === "true";
}
