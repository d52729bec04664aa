// The counts a client reads in X-ClickHouse-Summary.
import type { Outcome } from "./native";
import type { Summary } from "./response";

const STATISTICS = /"rows_read":\s*(\d+),\s*"bytes_read":\s*(\d+)\s*\}\s*\}?\s*$/;

/** Counts of a query. What was read the engine tells only in the result itself, in the JSON formats with statistics (`tail` is its end). */
export function summaryOf(outcome: Outcome, tail: Buffer): Summary {
    const read = STATISTICS.exec(tail.toString("latin1"));
    return {
        ...(read === null ? {} : { read_rows: Number(read[1]), read_bytes: Number(read[2]) }),
        ...(outcome.rows === undefined ? {} : { result_rows: outcome.rows }),
        ...(outcome.rowBytes === undefined ? {} : { result_bytes: outcome.rowBytes }),
        ...(outcome.writtenRows === undefined ? {} : { written_rows: outcome.writtenRows }),
        ...(outcome.writtenBytes === undefined ? {} : { written_bytes: outcome.writtenBytes }),
    };
}

/** Counts of an INSERT with data: every row read was written. */
export function insertSummary(outcome: Outcome): Summary {
    const rows = outcome.rows ?? outcome.writtenRows ?? 0;
    const bytes = outcome.rowBytes ?? outcome.writtenBytes ?? 0;
    return { read_rows: rows, read_bytes: bytes, written_rows: rows, written_bytes: bytes };
}
