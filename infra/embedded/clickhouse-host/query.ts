// One query from request to answer: reads its text, prepares the session, and has the statement executed.
import type { Body } from "./body";
import { ClickHouseException, engineException, syntaxError } from "./errors";
import { execute, type QueryContext } from "./execute";
import { addMultipart, type QueryRequest } from "./request";
import { rememberSettings } from "./restore";
import type { Lease } from "./sessions";
import { readStatement, type Statement } from "./statement";

/** The longest text looked at as SQL; the engine's own limit (max_query_size) is lower unless a client raises it. */
const MAX_SQL_BYTES = 32 * 1024 * 1024;
/** Enough to find the data behind any INSERT's head. */
const HEAD_BYTES = 256 * 1024;
/** Statements a GET may run in a kept session, where the engine's own `readonly` could not be lifted again. */
const READING_VERBS = new Set(["SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "SET", "USE", "CHECK"]);
const GET_HINT =
    "For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.";

/** A query's text, understood. */
export interface Query {
    statement: Statement;
    /** The bytes behind an INSERT's head, wherever they come from. */
    data: () => AsyncIterable<Buffer>;
}

/** Runs the query of `context` on a lent session and writes its answer. Errors are thrown, nothing of them is written here. */
export async function runQuery(context: QueryContext, lease: Lease, query: Query): Promise<void> {
    const { request } = context;
    refuseWrites(request, query.statement, lease.kept);
    const restore = lease.kept
        ? await rememberSettings(lease.session, [...request.settings.keys()], request.database !== undefined)
        : undefined;
    try {
        await prepare(context, lease);
        await execute(context, lease.session, query);
    } catch (thrown) {
        throw withGetHint(engineException(thrown), request);
    } finally {
        await restore?.();
    }
}

/** Reads the query: the URL's part of the text, a line break, the body's part. Of an INSERT's data no more than the beginning. */
export async function readQuery(request: QueryRequest, body: Body, contentType: string): Promise<Query> {
    if (contentType.toLowerCase().startsWith("multipart/form-data")) {
        addMultipart(request, await body.peek(MAX_SQL_BYTES), contentType);
        const text = latin1(request.text);
        const statement = readStatement(text);
        return { statement, data: () => once(dataIn(text, statement)) };
    }
    const prefix = request.text === "" ? "" : `${latin1(request.text)}\n`;
    const statement = (await readBeginning(prefix, body)) ?? (await readWhole(prefix, body));
    return { statement, data: () => joined(dataIn(prefix, statement), body, statement, prefix.length) };
}

/** Looks for an INSERT with data as early as possible: a slow sender's rows are taken as they come. */
async function readBeginning(prefix: string, body: Body): Promise<Statement | undefined> {
    for (const size of [0, 1, HEAD_BYTES]) {
        const text = prefix + (await body.peek(size)).toString("latin1");
        const statement = readInsertHead(text);
        if (statement !== undefined || body.complete) {
            return statement;
        }
    }
    return undefined;
}

/** A text cut off in the middle can only be told to be an INSERT with data; anything else is read again as a whole. */
function readInsertHead(text: string): Statement | undefined {
    try {
        const statement = readStatement(text);
        // At the very end of the text the format's name may not be whole yet.
        const isWhole = statement.kind === "insertData" && (statement.dataStart < text.length || text.endsWith("\n"));
        return isWhole ? statement : undefined;
    } catch {
        return undefined;
    }
}

async function readWhole(prefix: string, body: Body): Promise<Statement> {
    const text = prefix + (await body.peek(MAX_SQL_BYTES)).toString("latin1");
    if (!body.complete) {
        throw syntaxError(`Max query size exceeded: the query is larger than ${MAX_SQL_BYTES} bytes.`);
    }
    return readStatement(text);
}

/** The part of `text` that is data. */
function dataIn(text: string, statement: Statement): Buffer {
    return statement.kind === "insertData" ? Buffer.from(text.slice(statement.dataStart), "latin1") : Buffer.alloc(0);
}

async function* once(data: Buffer): AsyncGenerator<Buffer, void> {
    yield await Promise.resolve(data);
}

async function* joined(
    first: Buffer,
    body: Body,
    statement: Statement,
    prefixLength: number,
): AsyncGenerator<Buffer, void> {
    if (first.length > 0) {
        yield first;
    }
    if (statement.kind === "insertData") {
        yield* body.from(Math.max(0, statement.dataStart - prefixLength));
    }
}

async function prepare({ request, signal }: QueryContext, { session, kept }: Lease): Promise<void> {
    const readonly: [string, string][] =
        request.readonly && !kept && !request.settings.has("readonly") ? [["readonly", "2"]] : [];
    await session.set([session.idSetting(request.queryId), ...request.parameters, ...request.settings, ...readonly]);
    if (request.database !== undefined) {
        await session.use(request.database);
    }
    signal.throwIfAborted();
}

function refuseWrites(request: QueryRequest, statement: Statement, kept: boolean): void {
    const reads = statement.kind === "select" || (statement.kind === "other" && READING_VERBS.has(statement.verb));
    if (request.readonly && kept && !reads) {
        throw new ClickHouseException(164, "READONLY", `default: Cannot execute query in readonly mode. ${GET_HINT}`);
    }
}

function withGetHint(exception: ClickHouseException, request: QueryRequest): ClickHouseException {
    return exception.code === 164 && request.readonly
        ? new ClickHouseException(164, exception.codeName, `${exception.text} ${GET_HINT}`)
        : exception;
}

function latin1(text: string): string {
    return Buffer.from(text).toString("latin1");
}
