// Proves: an input that fails is opened again until it can be read, its trouble is said once with the mapping's name and stands on the health page,
// and one that cannot be read again is not. Does not prove: what fails in Kafka (tests/engine/matching-engine/waiting.spec.ts).
import assert from "node:assert/strict";
import { type Handle, type Input, type Lost } from "../../../functions/matching-engine/inputs/input";
import { Source } from "../../../functions/matching-engine/source";
import { StoppedError } from "../../../functions/shared/delivery";
import { createLog } from "../../../functions/shared/log";
import { until } from "../../support/processes";

/** An input that fails as it is told, or goes on until it is stopped. */
class FakeInput implements Input {
    private end: () => void = () => undefined;

    constructor(
        private readonly failure: Error | undefined,
        readonly rereadable = true,
    ) {}

    async run(_handle: Handle, _lost: Lost, well: () => void): Promise<void> {
        await Promise.resolve();
        if (this.failure !== undefined) throw this.failure;
        well();
        await new Promise<void>((resolve) => (this.end = resolve));
    }

    stop(): Promise<string | undefined> {
        this.end();
        return Promise.resolve(this.rereadable ? undefined : "3 lines");
    }
}

/** A source of inputs, one after the other, with what it says. */
function sourceOf(inputs: readonly FakeInput[], retryMs = 1): { source: Source; said: string[]; opened: () => number } {
    const said: string[] = [];
    let opened = 0;
    const write = (text: string): void => {
        const { level, msg, why } = JSON.parse(text) as { level: string; msg: string; why?: string };
        said.push([level, msg, why ?? []].flat().join(" | "));
    };
    const open = (): Input => inputs[opened++] ?? assert.fail("opened once too often");
    const parts = { handle: () => Promise.resolve(""), lost: () => Promise.resolve() };
    const log = createLog("test", "info", { write });
    const source = new Source({ file: "my.yaml", open, ...parts, log }, retryMs);
    return { source, said, opened: () => opened };
}

const missing = (): FakeInput => new FakeInput(new Error("input.kafka: there is no topic orders"));

describe("a source", () => {
    it("is read again when what it lacks is there, and says its trouble once", async () => {
        const { source, said } = sourceOf([missing(), missing(), missing(), new FakeInput(undefined)], 100);
        assert.equal(source.problem(), undefined);
        const over = source.run();
        const problem = await until("the trouble", () => source.problem());
        assert.match(problem, /^my\.yaml: input\.kafka: there is no topic orders; since 20\d\d-/);
        await until("the end of it", () => source.problem() === undefined);
        assert.deepEqual(said, [
            "error | the input cannot be read, trying again | my.yaml: input.kafka: there is no topic orders",
            "info | the input is read again",
        ]);
        await source.stop();
        await over;
    });

    it("says another trouble as well", async () => {
        const { source, said } = sourceOf([missing(), new FakeInput(new Error("away")), new FakeInput(undefined)]);
        const over = source.run();
        await until("all of it", () => said.length === 3);
        assert.match(said[1] ?? "", /my\.yaml: away$/);
        await source.stop();
        await over;
    });

    it("that is stopped while it waits is not opened again", async () => {
        const { source, opened } = sourceOf([missing()], 60_000);
        const over = source.run();
        await until("the trouble", () => source.problem());
        await source.stop();
        await over;
        assert.equal(opened(), 1);
    });

    it("whose input cannot be read again ends with its error", async () => {
        const { source, opened } = sourceOf([new FakeInput(new Error("input.stdin: EIO"), false)]);
        await assert.rejects(source.run(), /^Error: my\.yaml: input\.stdin: EIO$/);
        assert.equal(opened(), 1);
        assert.equal(await source.stop(), "3 lines");
    });

    it("passes on that it was stopped in the middle of a batch", async () => {
        const { source, said } = sourceOf([new FakeInput(new StoppedError("stopped"))]);
        await assert.rejects(source.run(), StoppedError);
        assert.deepEqual(said, []);
    });
});
