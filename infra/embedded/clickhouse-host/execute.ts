// Executes a statement: what it reads comes from a pipe, what it gives goes through one, as fast as the client can send or take it.
import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Engine, EngineSession } from "./engine";
import { ClickHouseException } from "./errors";
import { openReader, openWriter, poke, type PipePool } from "./pipes";
import type { Query } from "./query";
import type { QueryRequest } from "./request";
import type { QueryResponse } from "./response";
import { answerFromFile } from "./spool";
import { replaceLiterals, type Statement } from "./statement";
import { stoppable } from "./stop";
import { insertSummary, summaryOf } from "./summary";

/** How long an engine that stopped reading may take to say why. */
const VERDICT_MS = 5000;

/** What a query runs with. */
export interface QueryContext {
    engine: Engine;
    pipes: PipePool;
    /** Folder for results that wait for their query's end. */
    spoolFolder: string;
    request: QueryRequest;
    response: QueryResponse;
    /** Tells the client the form of the result. */
    announce(format: string): void;
    /** Aborts when the client has gone away or the host stops. */
    signal: AbortSignal;
    /** The engine's id of another running query, by the id its client gave it. */
    engineIdOf(queryId: string): Promise<string | undefined>;
}

/** Runs a statement and writes its result; the caller ends the answer. */
export async function execute(context: QueryContext, session: EngineSession, query: Query): Promise<void> {
    const { statement } = query;
    switch (statement.kind) {
        case "select": {
            const answer = context.request.waitEnd ? answerFromFile : answerThroughPipe;
            await answer(context, session, statement);
            return;
        }
        case "insertData":
            await insertThroughPipe(context, session, statement, query.data());
            return;
        case "write": {
            const outcome = await stoppable(context, session.runWrite(Buffer.from(statement.sql, "latin1")));
            context.response.summary = summaryOf(outcome, context.response.tail);
            return;
        }
        case "other":
            await answerWhole(context, session, statement);
    }
}

/** Statements with a small output, given back in one piece. */
async function answerWhole(
    context: QueryContext,
    session: EngineSession,
    statement: Statement & { kind: "other" },
): Promise<void> {
    const { response, request } = context;
    const sql = statement.verb === "KILL" ? await withEngineIds(statement.sql, context) : statement.sql;
    const format = statement.format ?? request.defaultFormat;
    const outcome = await stoppable(context, session.run(Buffer.from(sql, "latin1"), format));
    if (outcome.bytes.length > 0) {
        context.announce(format);
        await response.write(outcome.bytes);
    }
    response.summary = summaryOf(outcome, response.tail);
}

/** KILL QUERY WHERE query_id = '…' means the id a client gave; the engine knows the query by another. */
async function withEngineIds(sql: string, context: QueryContext): Promise<string> {
    const ids = new Map<string, string | undefined>();
    replaceLiterals(sql, (literal) => {
        ids.set(literal, undefined);
        return undefined;
    });
    for (const literal of ids.keys()) {
        ids.set(literal, await context.engineIdOf(literal));
    }
    return replaceLiterals(sql, (literal) => ids.get(literal));
}

async function answerThroughPipe(
    context: QueryContext,
    session: EngineSession,
    statement: Statement & { kind: "select" },
): Promise<void> {
    const format = statement.format ?? context.request.defaultFormat;
    const pipe = context.pipes.take();
    const reader = openReader(pipe);
    const closePipe = () => {
        reader.socket.destroy();
        reader.end();
    };
    try {
        context.announce(format);
        const forwarding = forward(reader.socket, context.response);
        const running = session.run(Buffer.from(statement.toPipe(pipe, format), "latin1"), format);
        const outcome = await stoppable(context, running, closePipe);
        reader.end();
        await forwarding;
        context.response.summary = summaryOf(outcome, context.response.tail);
    } finally {
        closePipe();
        context.pipes.giveBack(pipe);
    }
}

/** Passes the result on as fast as the client takes it; the pipe makes the engine wait meanwhile. */
async function forward(reader: Socket, response: QueryResponse): Promise<void> {
    try {
        for await (const chunk of reader) {
            await response.write(chunk as Buffer);
        }
    } catch {
        // The reader was destroyed because the query failed or was stopped: its outcome tells why.
    }
}

async function insertThroughPipe(
    context: QueryContext,
    session: EngineSession,
    statement: Statement & { kind: "insertData" },
    data: AsyncIterable<Buffer>,
): Promise<void> {
    const pipe = context.pipes.take();
    let settled = false;
    let writer: Socket | undefined;
    const sql = Buffer.from(statement.fromPipe(pipe), "latin1");
    const running = session.run(sql, "TabSeparated").finally(() => {
        settled = true;
    });
    const ended = running.then(
        () => true,
        () => true,
    );
    const feeding = openWriter(pipe, () => settled || context.signal.aborted).then(async (socket) => {
        writer = socket;
        const isFed = socket === undefined || (await feed(socket, data, () => settled));
        // An engine that closes its end early has an error to tell, and tells it at once.
        if (!isFed && !(await Promise.race([ended, delay(VERDICT_MS, false)]))) {
            throw new ClickHouseException(
                75,
                "CANNOT_READ_FROM_FILE_DESCRIPTOR",
                "The engine stopped reading the data.",
            );
        }
    });
    const closePipe = () => {
        writer?.destroy();
        poke(pipe);
    };
    try {
        const outcome = await stoppable(context, running, closePipe, feeding);
        context.response.summary = insertSummary(outcome);
    } finally {
        closePipe();
        context.pipes.giveBack(pipe);
    }
}

/**
 * Writes the data of an INSERT into the pipe and closes it; returns false when the engine did not take all. Rejects when the client broke off or
 * sent what cannot be decompressed.
 */
async function feed(writer: Socket, data: AsyncIterable<Buffer>, settled: () => boolean): Promise<boolean> {
    // The engine closes its end when it refuses the data: its exception says why.
    writer.on("error", () => undefined);
    for await (const chunk of data) {
        if (settled() || writer.destroyed) {
            return false;
        }
        if (!writer.write(chunk)) {
            await new Promise<void>((resolve) => {
                writer.once("drain", resolve).once("close", resolve);
            });
        }
    }
    writer.end(() => writer.destroy());
    return true;
}
