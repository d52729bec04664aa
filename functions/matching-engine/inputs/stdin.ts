// Records from a pipe: one line each; what was read before a crash cannot be read again, so the command is run again.
import { type Readable } from "node:stream";
import { type Handle, type Input, type RawRecord } from "./input";
import { type Line, LineCutter } from "../../shared/lines";

const partition = "stdin";

/** A line as a record; `file` names its input in messages. */
export function lineRecord({ value, start, cut }: Line, file: string, resume: string, from: string): RawRecord {
    const origin = { partition: from, resume, at: `${file}@${String(start)}` };
    return cut ? { value, origin, unreadable: `a line of over 4 MiB at byte ${String(start)}` } : { value, origin };
}

/** Input on a stream of lines. */
export class StreamInput implements Input {
    private stopping = false;
    private running: Promise<unknown> | undefined;

    constructor(private readonly stream: Readable) {}

    run(handle: Handle): Promise<"ended" | "stopped"> {
        const running = this.read(handle);
        this.running = running;
        return running;
    }

    async stop(): Promise<void> {
        this.stopping = true;
        this.stream.destroy();
        await this.running?.catch(() => undefined);
    }

    private async read(handle: Handle): Promise<"ended" | "stopped"> {
        const cutter = new LineCutter();
        const pass = async (lines: readonly Line[]): Promise<void> => {
            const records = lines.map((line) => lineRecord(line, partition, "", partition));
            if (records.length > 0) await handle({ partition, records, end: "" });
        };
        try {
            for await (const chunk of this.stream) await pass(cutter.push(chunk as Buffer));
        } catch (error) {
            // Destroying a stream that is being read is an error to its reader.
            if (!this.stopping) throw error;
        }
        if (this.stopping) return "stopped";
        const last = cutter.rest();
        if (last !== undefined) await pass([last]);
        return "ended";
    }
}
