// Proves: lines of a pipe are taken to its end, which is said while what came of them is not yet safe; stopped before, it says exactly which lines
// are not known to be delivered. Does not prove: exit codes, and Kafka (tests/engine/matching-engine/waiting.spec.ts).
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { type Batch } from "../../../functions/matching-engine/inputs/input";
import { StreamInput } from "../../../functions/matching-engine/inputs/stdin";
import { StoppedError } from "../../../functions/shared/delivery";
import { createLog } from "../../../functions/shared/log";
import { until } from "../../support/processes";

/** An input on a pipe, and the batches that wait for Kafka in their order. */
class Pipe {
    readonly stream = new PassThrough();
    readonly batches: Batch[] = [];
    readonly said: { msg: string; lines?: number; delivered?: number }[] = [];
    readonly over: Promise<void>;
    private readonly open: { resolve: (place: string) => void; reject: (error: Error) => void }[] = [];
    private readonly input: StreamInput;

    constructor() {
        const write = (line: string): void => void this.said.push(JSON.parse(line) as { msg: string });
        this.input = new StreamInput(this.stream, createLog("test", "info", { write }));
        this.over = this.input.run((batch) => {
            this.batches.push(batch);
            return new Promise((resolve, reject) => this.open.push({ resolve, reject }));
        });
        // Looked at by the tests; until then it is not an unhandled rejection.
        this.over.catch(() => undefined);
    }

    /** Waits for the batch at hand, and acknowledges it: all of it, or up to a place. */
    async acknowledge(place?: string): Promise<void> {
        await until("a batch", () => this.open.length > 0);
        this.open.shift()?.resolve(place ?? this.batches.at(-1)?.end ?? "");
        // The input goes on.
        await new Promise(setImmediate);
    }

    /** Stops while Kafka is away. */
    async stop(): Promise<string | undefined> {
        const stopped = this.input.stop();
        for (const { reject } of this.open) reject(new StoppedError("stopped"));
        return stopped;
    }
}

describe("the standard input", () => {
    it("ends with its last line, finished or not, and says that nothing comes after it", async () => {
        const pipe = new Pipe();
        pipe.stream.write("a\nb");
        await pipe.acknowledge();
        pipe.stream.end("c");
        await pipe.acknowledge();
        await pipe.over;
        assert.deepEqual(
            pipe.batches.map(({ records, last, end }) => [
                records.map(({ value, origin }) => `${origin.at} ${String(value)} line ${origin.resume}`),
                last,
                end,
            ]),
            [
                [["stdin@0 a line 1"], false, "2"],
                [["stdin@2 bc line 2"], true, "3"],
            ],
        );
        assert.equal(await pipe.stop(), undefined);
    });

    it("that has ended waits for what came of it, and says so", async () => {
        const pipe = new Pipe();
        pipe.stream.end("a\nb\nc");
        const ended = await until("the word of its end", () => pipe.said.at(0));
        assert.match(ended.msg, /the standard input has ended, waiting for Kafka/);
        assert.deepEqual([ended.lines, ended.delivered], [3, 0]);
        assert.equal(pipe.batches.length, 1, "the rest is not handed over before");
        await pipe.acknowledge();
        await pipe.acknowledge();
        await pipe.over;
        assert.equal(await pipe.stop(), undefined);
    });

    it("stopped when all it read is delivered leaves nothing behind", async () => {
        const pipe = new Pipe();
        pipe.stream.write("a\n");
        await pipe.acknowledge();
        assert.equal(await pipe.stop(), undefined);
        await pipe.over;
    });

    it("stopped before says how many lines are not delivered and where to begin again", async () => {
        const pipe = new Pipe();
        pipe.stream.write("a\nb\n");
        await pipe.acknowledge();
        pipe.stream.write("c\n\nd\n");
        await until("the second batch", () => pipe.batches.length === 2);
        pipe.stream.write("e\n");
        await new Promise(setImmediate);
        // Of these, one is read ahead and the other still in the stream; the last line is not even finished.
        pipe.stream.write("f\ng");
        assert.equal(
            await pipe.stop(),
            "6 lines of the standard input were read and are not all delivered, lines 3 to 8; " +
                "run it again with the input from line 3 on (tail -n +3): what arrives twice is stored once",
        );
        await assert.rejects(pipe.over, StoppedError);
        assert.equal(pipe.batches.length, 2);
    });

    it("stopped after its end says so as well", async () => {
        const pipe = new Pipe();
        pipe.stream.end("a\nb");
        await until("the word of its end", () => pipe.said.length > 0);
        assert.match((await pipe.stop()) ?? "", /^2 lines .* lines 1 to 2;/);
        await assert.rejects(pipe.over, StoppedError);
    });

    it("begins again at a record that waited for its other half", async () => {
        const pipe = new Pipe();
        pipe.stream.write("maker\nother\nother\n");
        await pipe.acknowledge("1");
        assert.match((await pipe.stop()) ?? "", /^3 lines .* lines 1 to 3;/);
    });

    it("that cannot be read says why, after what it read is delivered", async () => {
        const pipe = new Pipe();
        pipe.stream.write("a\n");
        await until("a batch", () => pipe.batches.length > 0);
        pipe.stream.destroy(new Error("EIO: i/o error, read"));
        await pipe.acknowledge();
        await assert.rejects(pipe.over, /^Error: input\.stdin: EIO/);
        assert.equal(await pipe.stop(), undefined);
    });
});
