// The door to the engine: a typed view of chdb's native addon, the only file that knows how the addon is found and called.
//
// The addon is used directly, not through chdb's Session class: Session.close() waits for every operation of the whole process, so with one
// long query running no other request's connection would ever be freed, and Session.queryAsync takes JavaScript strings only, while a query may
// hold bytes that are not UTF-8. chdb is pinned to an exact version in package.json for that reason.
import { isUtf8 } from "node:buffer";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

declare const connectionBrand: unique symbol;
/** One connection to the in-process engine: settings, current database, parameters and temporary tables of its own. */
export interface Connection {
    readonly [connectionBrand]: true;
}

/** What a statement gave back. */
export interface Outcome {
    /** Formatted output; empty for statements without one and for those that write to a pipe. */
    bytes: Buffer;
    /** Rows of the result, or rows read from the data of an INSERT; undefined when the engine does not say. */
    rows?: number;
    rowBytes?: number;
    /** Rows inserted, materialized views included; known for statements run with `runWrite`. */
    writtenRows?: number;
    writtenBytes?: number;
}

interface Addon {
    CreateConnection(path: string, args?: string[]): Connection | null;
    CloseConnection(connection: Connection): void;
    QueryAsyncConnection(
        connection: Connection,
        sql: string,
        format: string,
    ): Promise<{ bytes: Uint8Array; rowsRead: number; bytesRead: number }>;
    InsertRawAsyncConnection(
        connection: Connection,
        prefix: string,
        data: Buffer,
        countLines: boolean,
    ): Promise<{ rowsWritten: number; bytesWritten: number }>;
}

let loaded: Addon | undefined;

function addon(): Addon {
    if (loaded === undefined) {
        const require = createRequire(__filename);
        const loader = join(dirname(require.resolve("chdb")), "dist", "loader.js");
        loaded = (require(loader) as { loadNative(): Addon }).loadNative();
    }
    return loaded;
}

/**
 * Opens a connection to the data folder `path`. The first one of the process starts the engine, with `args` as on a `clickhouse local` command
 * line; later ones (about 1 ms each) share it.
 */
export function connect(path: string, args?: string[]): Connection {
    const connection = args === undefined ? addon().CreateConnection(path) : addon().CreateConnection(path, args);
    if (connection === null) {
        throw new Error(`Failed to create connection for path '${path}'`);
    }
    return connection;
}

/** Frees a connection. Only when nothing runs on it any more: closing a busy one aborts the engine for the whole process. */
export function disconnect(connection: Connection): void {
    addon().CloseConnection(connection);
}

/** Runs a statement, its output formatted as `format` unless it has a FORMAT clause of its own. */
export async function run(connection: Connection, sql: Buffer, format: string): Promise<Outcome> {
    if (!isUtf8(sql)) {
        return runWrite(connection, sql);
    }
    const result = await addon().QueryAsyncConnection(connection, sql.toString("utf8"), format);
    const { buffer, byteOffset, byteLength } = result.bytes;
    return { bytes: Buffer.from(buffer, byteOffset, byteLength), rows: result.rowsRead, rowBytes: result.bytesRead };
}

/** Runs a statement byte for byte and counts what it wrote; its output is dropped. */
export async function runWrite(connection: Connection, sql: Buffer): Promise<Outcome> {
    const result = await addon().InsertRawAsyncConnection(connection, "", sql, false);
    return { bytes: Buffer.alloc(0), writtenRows: result.rowsWritten, writtenBytes: result.bytesWritten };
}
