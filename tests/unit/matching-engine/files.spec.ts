// Proves, on real files: a followed file gives every line once and in order, through partial lines, rotation by renaming, by copying and
// emptying, several rotations while nobody reads, and restarts; its cursor is never ahead of what was acknowledged; what is lost is told, and that
// there is no file.
// Does not prove: network file systems, whose inodes may change.
import assert from "node:assert/strict";
import {
    appendFileSync,
    copyFileSync,
    existsSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    truncateSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { FileInput } from "../../../functions/matching-engine/inputs/file";
import { type Batch } from "../../../functions/matching-engine/inputs/input";
import { LineCutter, maxLineBytes } from "../../../functions/shared/lines";
import { createLog } from "../../../functions/shared/log";
import { removeFolder, temporaryFolder, until } from "../../support/processes";

const logInto = (said: string[]): ReturnType<typeof createLog> =>
    createLog("test", "info", { write: (line) => void said.push((JSON.parse(line) as { msg: string }).msg) });

/** Long enough for the kernel's clock to go on: files made after it are younger. */
const tick = (): Promise<void> => new Promise((resume) => setTimeout(resume, 20));

/** A reader of one run: what it took, what it was told is lost, and whether it acknowledges. */
class Run {
    readonly lines: string[] = [];
    readonly lost: string[] = [];
    /** What it put into its log. */
    readonly said: string[] = [];
    /** Lines are acknowledged up to here; undefined: all. */
    acknowledgeTo: ((line: string) => boolean) | undefined;
    readonly input: FileInput;
    readonly over: Promise<unknown>;

    constructor(path: string, cursor: string, acknowledgeTo?: (line: string) => boolean) {
        this.acknowledgeTo = acknowledgeTo;
        this.input = new FileInput(path, cursor, logInto(this.said));
        this.over = this.input.run(
            (batch) => Promise.resolve(this.handle(batch)),
            (detail) => {
                this.lost.push(detail);
                return Promise.resolve();
            },
            () => undefined,
        );
    }

    async has(...lines: string[]): Promise<void> {
        await until("the lines", () => this.lines.length >= lines.length, 10_000).catch(() => undefined);
        assert.deepEqual(this.lines, lines);
    }

    async stop(): Promise<void> {
        await this.input.stop();
        await this.over;
    }

    private handle({ records, end }: Batch): string {
        this.lines.push(...records.map(({ value }) => String(value)));
        const held = records.find(({ value }) => this.acknowledgeTo?.(String(value)) === false);
        return held?.origin.resume ?? end;
    }
}

describe("a followed file", () => {
    let folder: string;
    let path: string;
    let cursor: string;
    const runs: Run[] = [];

    beforeEach(() => {
        folder = temporaryFolder("follow");
        path = join(folder, "journal.log");
        cursor = join(folder, "state", "cursor.json");
    });
    afterEach(async () => {
        for (const run of runs.splice(0)) await run.stop();
        removeFolder(folder);
    });

    const write = (...lines: string[]): void => appendFileSync(path, lines.map((line) => `${line}\n`).join(""));
    const start = (acknowledgeTo?: (line: string) => boolean): Run => {
        const run = new Run(path, cursor, acknowledgeTo);
        runs.push(run);
        return run;
    };
    const stop = async (run: Run): Promise<void> => {
        runs.splice(runs.indexOf(run), 1);
        await run.stop();
    };

    it("waits for the file, then for the rest of a line, and takes lines with any end but blank ones", async () => {
        const run = start();
        appendFileSync(path, "a\r\n\n  \nb");
        await run.has("a");
        appendFileSync(path, "b\nc");
        await run.has("a", "bb");
        appendFileSync(path, "\n");
        await run.has("a", "bb", "c");
    });

    it("goes on in the new file after a rename, when the old one is at its end", async () => {
        const run = start();
        write("1", "2");
        await run.has("1", "2");
        renameSync(path, `${path}.1`);
        appendFileSync(`${path}.1`, "3\nunfinished");
        write("4");
        await run.has("1", "2", "3", "unfinished", "4");
        assert.deepEqual(run.lost, []);
    });

    it("starts at the top when the file was emptied, also when it has grown beyond its place since, and says so", async () => {
        const run = start();
        write("old 1", "old 2");
        await run.has("old 1", "old 2");
        truncateSync(path);
        write("new 1");
        await run.has("old 1", "old 2", "new 1");
        writeFileSync(path, "newest 1, longer than all before\nnewest 2\n");
        await run.has("old 1", "old 2", "new 1", "newest 1, longer than all before", "newest 2");
        assert.equal(run.lost.length, 2);
        assert.match(run.lost[0] ?? "", /truncated; what was written after byte 12/);
    });

    it("goes on after a restart where all was acknowledged, and not a line further", async () => {
        write("1", "2", "3");
        const first = start((line) => line !== "2");
        await first.has("1", "2", "3");
        await stop(first);
        write("4");
        const second = start();
        await second.has("2", "3", "4");
        await stop(second);
        const third = start();
        write("5");
        await third.has("5");
    });

    it("finds its file again after several rotations while nobody read, and reads those after it in order", async () => {
        write("1", "2");
        const first = start();
        await first.has("1", "2");
        await stop(first);
        write("3");
        for (const [index, line] of ["4", "5", "6"].entries()) {
            // Rotations are hours apart, not within a tick of the kernel's clock.
            utimesSync(path, index, index);
            if (existsSync(`${path}.2`)) renameSync(`${path}.2`, `${path}.3`);
            if (existsSync(`${path}.1`)) renameSync(`${path}.1`, `${path}.2`);
            renameSync(path, `${path}.1`);
            write(line);
        }
        const second = start();
        await second.has("3", "4", "5", "6");
        assert.deepEqual(second.lost, []);
    });

    it("reads all rotated files also while nothing stands under the name, and then what does", async () => {
        write("1", "2");
        const first = start();
        await first.has("1", "2");
        await stop(first);
        write("3");
        utimesSync(path, 1, 1);
        renameSync(path, `${path}.2`);
        write("4");
        renameSync(path, `${path}.1`);
        const second = start();
        await second.has("3", "4");
        write("5");
        await second.has("3", "4", "5");
        assert.deepEqual(second.lost, []);
    });

    it("reads on with the rotated files that are left when its own was deleted while nobody read", async () => {
        write("1", "2");
        const first = start();
        await first.has("1", "2");
        await stop(first);
        for (const [index, line] of ["3", "4"].entries()) {
            const at = Date.now() / 1_000 + index;
            renameSync(path, `${path}.${String(index)}`);
            write(line);
            utimesSync(path, at, at);
        }
        rmSync(`${path}.0`);
        const second = start();
        await second.has("3", "4");
        assert.equal(second.lost.length, 1);
    });

    it("follows a writer that rotates all the time, under its eyes", async () => {
        const run = start();
        const wanted: string[] = [];
        for (let file = 0; file < 60; file += 1) {
            for (let line = 0; line < 5; line += 1) wanted.push(`${String(file)}/${String(line)}`);
            write(...wanted.slice(-5));
            await new Promise((resume) => setTimeout(resume, 15));
            for (let n = 100; n >= 1; n -= 1) {
                const from = n === 1 ? path : `${path}.${String(n - 1)}`;
                if (existsSync(from)) renameSync(from, `${path}.${String(n)}`);
            }
        }
        write("end");
        await until("the end", () => run.lines.at(-1) === "end", 15_000);
        assert.deepEqual(run.lines, [...wanted, "end"]);
        assert.deepEqual([...run.lost, ...run.said], []);
    });

    it("reads two files rotated between two looks in their order, also when the older one was written to last", async () => {
        write("1");
        const first = start();
        await first.has("1");
        await stop(first);
        write("2");
        renameSync(path, `${path}.2`);
        await tick();
        write("4");
        renameSync(path, `${path}.1`);
        await tick();
        write("5");
        appendFileSync(`${path}.2`, "3, late\n");
        const second = start();
        await second.has("2", "3, late", "4", "5");
        assert.deepEqual(second.lost, []);
    });

    it("does not go back to a file it has left when that is written to once more", async () => {
        write("1");
        const run = start();
        await run.has("1");
        renameSync(path, `${path}.1`);
        await tick();
        write("2");
        await run.has("1", "2");
        await tick();
        appendFileSync(`${path}.1`, "too late\n");
        renameSync(`${path}.1`, `${path}.2`);
        renameSync(path, `${path}.1`);
        await tick();
        write("3");
        await until("the last file", () => run.lines.includes("3"), 10_000);
        assert.deepEqual(run.lines, ["1", "2", "3"]);
        assert.deepEqual(run.lost, []);
    });

    it("takes no compressed file for the one after its own", async () => {
        write("1");
        const run = start();
        await run.has("1");
        // gzip keeps the time of the last change.
        const at = statSync(path).mtimeMs / 1_000 + 0.001;
        writeFileSync(`${path}.1.gz`, "not lines\n");
        utimesSync(`${path}.1.gz`, at, at);
        rmSync(path);
        write("2");
        await until("the new file", () => run.lines.includes("2"), 10_000);
        assert.deepEqual(run.lines, ["1", "2"]);
    });

    it("that is not there is said once, and stands on the health page until it comes", async () => {
        const run = start();
        const waiting = await until("the reason", () => run.input.waiting());
        assert.match(waiting, /journal\.log: there is no such file since 20\d\d-.*, waiting for it$/);
        assert.match(run.said.join(), /^there is no such file, waiting for it; .* correct input\.file\.path$/);
        write("1");
        await run.has("1");
        assert.equal(run.input.waiting(), undefined);
        assert.deepEqual(run.said.slice(1), ["the file is there"]);
    });

    it("that is deleted without another in its place is told as well", async () => {
        write("1");
        const run = start();
        await run.has("1");
        rmSync(path);
        await until("the reason", () => run.input.waiting());
        write("2");
        await run.has("1", "2");
        assert.equal(run.input.waiting(), undefined);
    });

    it("says when its file is gone after a restart, and reads the present one from its start", async () => {
        write("1", "2");
        const first = start();
        await first.has("1", "2");
        await stop(first);
        rmSync(path);
        write("other 1", "other 2", "other 3");
        const second = start();
        await second.has("other 1", "other 2", "other 3");
        assert.equal(second.lost.length, 1, "an inode that is used anew does not pass for the same file");
        assert.match(second.lost[0] ?? "", /the file that was being read is gone, with what came after byte 4/);
    });

    it("keeps no cursor it was not given: one whose lines are not acknowledged is read again", async () => {
        write("1", "2");
        const first = start(() => false);
        await first.has("1", "2");
        await stop(first);
        assert.equal((JSON.parse(readFileSync(cursor, "utf8")) as { offset: number }).offset, 0);
        const second = start();
        await second.has("1", "2");
    });

    it("has its place from the first look on, before there is a line to acknowledge", async () => {
        writeFileSync(path, "");
        const first = start();
        await until("the cursor", () => existsSync(cursor));
        await stop(first);
        write("1");
        renameSync(path, `${path}.1`);
        write("2");
        const second = start();
        await second.has("1", "2");
    });

    it("refuses a cursor file that holds something else, naming it", async () => {
        const first = start();
        write("1");
        await first.has("1");
        await stop(first);
        writeFileSync(cursor, "{}");
        const second = new FileInput(path, cursor, logInto([]));
        await assert.rejects(
            second.run(
                () => Promise.resolve(""),
                () => Promise.resolve(),
                () => undefined,
            ),
            /cursor\.json: not this worker's state/,
        );
    });

    it("is copied and emptied by logrotate's copytruncate without a line twice", async () => {
        const run = start();
        write("1", "2");
        await run.has("1", "2");
        copyFileSync(path, `${path}.1`);
        truncateSync(path);
        write("3");
        await run.has("1", "2", "3");
    });
});

describe("lines", () => {
    it("are cut the same however the bytes come in", () => {
        const bytes = Buffer.from("one\r\n\ntwo ü\nthree\n  \nlast");
        const whole = (cutter: LineCutter, chunks: Buffer[]): string[] =>
            [...chunks.flatMap((chunk) => cutter.push(chunk)), cutter.rest()].flatMap((line) =>
                line === undefined ? [] : [`${String(line.start)}-${String(line.end)} ${line.value.toString()}`],
            );
        const expected = ["0-5 one", "6-13 two ü", "13-19 three", "22-26 last"];
        for (let size = 1; size <= bytes.length; size += 1) {
            const chunks: Buffer[] = [];
            for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
            assert.deepEqual(whole(new LineCutter(), chunks), expected, `in chunks of ${String(size)}`);
        }
    });

    it("over 4 MiB are cut off and told apart, and the next one is whole", () => {
        const cutter = new LineCutter();
        const half = Buffer.alloc(maxLineBytes / 2 + 1, "x");
        const lines = [half, half, Buffer.from("y\nnext\n")].flatMap((chunk) => cutter.push(chunk));
        assert.deepEqual(
            lines.map(({ cut, value }) => [cut, value.length]),
            [
                [true, 1024],
                [false, 4],
            ],
        );
    });
});
