// Results that wait for their query's end (wait_end_of_query=1): written to a file first, so that an error always has its status.
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EngineSession } from "./engine";
import type { QueryContext } from "./execute";
import { TAIL_BYTES } from "./response";
import type { Statement } from "./statement";
import { stoppable } from "./stop";
import { summaryOf } from "./summary";

let lastFile = 0;

/** Has the engine write a result into a file, then sends it. */
export async function answerFromFile(
    context: QueryContext,
    session: EngineSession,
    statement: Statement & { kind: "select" },
): Promise<void> {
    const { request, response } = context;
    const format = statement.format ?? request.defaultFormat;
    const file = join(context.spoolFolder, `result-${++lastFile}`);
    const sql = Buffer.from(statement.toPipe(file, format), "latin1");
    try {
        const outcome = await stoppable(context, session.run(sql, format));
        context.announce(format);
        const { size, tail } = await measure(file);
        response.summary = summaryOf(outcome, tail);
        if (size > 0) {
            for await (const chunk of createReadStream(file)) {
                await response.write(chunk as Buffer);
            }
        }
    } finally {
        await rm(file, { force: true });
    }
}

/** Size and end of a file; a format without output (Null) writes none. */
async function measure(file: string): Promise<{ size: number; tail: Buffer }> {
    const handle = await open(file, "a+");
    try {
        const { size } = await handle.stat();
        const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
        await handle.read(tail, 0, tail.length, size - tail.length);
        return { size, tail };
    } finally {
        await handle.close();
    }
}
