// Records from a pipe: one line each. What was read cannot be read again, so it is said from which line on the command is to be run again.
import { type Readable } from "node:stream";
import { type Line, LineCutter } from "../../shared/lines";
import { type Logger } from "../../shared/log";
import { type Handle, type Input, type RawRecord } from "./input";

const partition = "stdin";

/** A line as a record; `file` names its input in messages. */
export function lineRecord({ value, start, cut }: Line, file: string, resume: string, from: string): RawRecord {
    const origin = { partition: from, resume, at: `${file}@${String(start)}` };
    return cut ? { value, origin, unreadable: `a line of over 4 MiB at byte ${String(start)}` } : { value, origin };
}

/** Input on a stream of lines; places to read on from are numbers of lines, from 1. */
export class StreamInput implements Input {
    readonly rereadable = false;
    private readonly cutter = new LineCutter();
    private stopping = false;
    private running: Promise<void> | undefined;
    /** Last line that was read. */
    private read = 0;
    /** First line that is not known to be delivered. */
    private open = 1;

    constructor(
        private readonly stream: Readable,
        private readonly log: Logger,
    ) {}

    run(handle: Handle): Promise<void> {
        this.running = this.follow(handle);
        return this.running;
    }

    async stop(): Promise<string | undefined> {
        this.stopping = true;
        // What the stream holds is gone from the pipe as well.
        const held = this.stream.read() as Buffer | null;
        if (held !== null) this.noted(this.cutter.push(held));
        this.stream.destroy();
        await this.running?.catch(() => undefined);
        this.rest();
        const { open, read } = this;
        if (open > read) return undefined;
        return (
            `${String(read - open + 1)} lines of the standard input were read and are not all delivered, lines ${String(open)} to ${String(read)}; ` +
            `run it again with the input from line ${String(open)} on (tail -n +${String(open)}): what arrives twice is stored once`
        );
    }

    private async follow(handle: Handle): Promise<void> {
        let under: Promise<void> = Promise.resolve();
        try {
            // A chunk is read while the one before is under way, so that the end of the input is seen while Kafka is waited for.
            for await (const chunk of this.stream) {
                const lines = this.noted(this.cutter.push(chunk as Buffer));
                await under;
                under = this.pass(lines, handle);
                // Heard of when it is waited for; until then it is not an unhandled one.
                under.catch(() => undefined);
            }
        } catch (error) {
            // Destroying a stream that is being read is an error to its reader.
            if (!this.stopping) {
                await under;
                throw new Error(`input.stdin: ${(error as Error).message}`, { cause: error });
            }
        }
        if (this.stopping) return under;
        const last = this.rest();
        this.log.info(
            { lines: this.read, delivered: this.open - 1 },
            "the standard input has ended, waiting for Kafka to acknowledge what came of it",
        );
        await under;
        await this.pass(last, handle, true);
    }

    /** The last line, where the input ends without an end of line. */
    private rest(): Line[] {
        const last = this.cutter.rest();
        return last === undefined ? [] : this.noted([last]);
    }

    private noted(lines: Line[]): Line[] {
        this.read = lines.at(-1)?.number ?? this.read;
        return lines;
    }

    private async pass(lines: readonly Line[], handle: Handle, last = false): Promise<void> {
        const records = lines.map((line) => lineRecord(line, partition, String(line.number), partition));
        if (records.length === 0 && !last) return;
        const end = String((lines.at(-1)?.number ?? this.read) + 1);
        this.open = Number(await handle({ partition, records, end, last }));
    }
}
