// Proves: re-based times are a function of the run, recordings are recognised by content, Bybit's book becomes the venue's protocol exactly.
// Not: the server on a socket (tests/engine/market-data/replay.spec.ts).
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RunClock } from "../../../functions/replay/clock";
import { extent, rebased } from "../../../functions/replay/playback";
import { loadRecordings } from "../../../functions/replay/recordings";

const start = new Date("2026-01-01T00:00:00.000Z");
const day = 86_400_000;

describe("times of a replay", () => {
    it("are start + recorded gap / speed, to the microsecond", () => {
        const clock = new RunClock(start, 3_000);
        assert.equal(clock.id, "2026-01-01T00:00:00.000Z x3000");
        assert.equal(clock.time(0, 31 * day), start.getTime());
        assert.equal(clock.time(300_000, 31 * day), start.getTime() + 100);
        assert.equal(clock.time(1, 1), start.getTime());
        assert.equal(new RunClock(start, 8).time(1, 1), start.getTime() + 0.125);
    });

    it("are the same in a repeated run, and others in another run", () => {
        const time = (from: Date, speed: number): number => new RunClock(from, speed).time(12_345, 50_000);
        assert.equal(time(start, 10), time(new Date(start), 10));
        assert.notEqual(time(start, 10), time(new Date(start.getTime() + 1), 10));
        assert.notEqual(new RunClock(start, 10).id, new RunClock(start, 20).id);
    });

    it("wait for the clock, not for what is past, and never at speed max", () => {
        const clock = new RunClock(start, 1);
        assert.equal(clock.wait(start.getTime() + 500, start.getTime()), 500);
        assert.equal(clock.wait(start.getTime(), start.getTime() + 500), 0);
        assert.equal(new RunClock(start, "max").wait(start.getTime() + 500, start.getTime()), 0);
    });

    it("lie in the minute before the start at speed max, however long the recording", () => {
        const clock = new RunClock(start, "max");
        for (const span of [1_000, 60_000, 31 * day]) {
            assert.equal(clock.time(0, span), start.getTime() - 60_000);
            assert.ok(clock.time(span, span) <= start.getTime());
        }
        assert.equal(clock.time(1_000, 46_000), start.getTime() - 59_000, "short recordings keep their gaps");
    });

    it("go into E and T as whole milliseconds, with the recorded time beside them", () => {
        const clock = new RunClock(start, 2);
        const moved = rebased({ e: "trade", E: 1_001, T: 1_003, p: "1.10" }, 1_001, { start: 1_000, span: 10 }, clock);
        assert.deepEqual(moved, {
            e: "trade",
            E: start.getTime(),
            T: start.getTime() + 1,
            p: "1.10",
            replay: { run: clock.id, originalTime: 1_003, time: start.getTime() + 1.5 },
        });
    });
});

describe("recordings", () => {
    let folder: string;
    const write = (file: string, ...lines: unknown[]): void =>
        writeFileSync(join(folder, file), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "replay-"))));
    afterEach(() => rmSync(folder, { recursive: true }));

    const book = (type: string, u: number, b: string[][], ts = 1_000 + u): object => ({
        topic: "orderbook.500.XUSDT",
        type,
        ts,
        data: { s: "XUSDT", b, a: [["2.0", "5"]], u },
    });

    it("translates Bybit's order book: the snapshot for REST, each delta with U = u", () => {
        write("any.jsonl", book("snapshot", 7, [["1.9", "3"]]), book("delta", 8, [["1.9", "0"]]), book("delta", 9, []));
        const { streams, books } = loadRecordings(folder);
        assert.deepEqual(books.get("XUSDT")?.snapshot, { lastUpdateId: 7, bids: [["1.9", "3"]], asks: [["2.0", "5"]] });
        const [recording] = streams;
        assert.ok(recording);
        assert.deepEqual(recording.streams, ["xusdt@depth", "xusdt@depth@100ms"]);
        assert.deepEqual(recording.messages[0], {
            at: 1_008,
            payload: { e: "depthUpdate", E: 1_008, s: "XUSDT", U: 8, u: 8, b: [["1.9", "0"]], a: [["2.0", "5"]] },
        });
        assert.deepEqual(extent(recording), { start: 1_007, span: 2 }, "time begins with the snapshot");
    });

    it("recognises trades, best prices and tickers, and a lone snapshot by its name", () => {
        write("1.jsonl", { e: "trade", E: 1, s: "A", t: 1 });
        write("2.jsonl", { u: 1, s: "A", b: "1", B: "1", a: "1", A: "1", recorded_at: 5 });
        write("3.jsonl", { e: "24hrMiniTicker", E: 1, s: "A" });
        write("v-auSDT-depth-snapshot.json".toLowerCase(), { lastUpdateId: 3, recorded_at: 9, bids: [], asks: [] });
        write("notes.txt", "not read");
        const { streams, books } = loadRecordings(folder);
        assert.deepEqual(
            streams.map((recording) => recording.streams),
            [["a@trade"], ["a@bookTicker"], ["a@miniTicker", "!miniTicker@arr"]],
        );
        assert.deepEqual(
            streams.map((recording) => recording.streams.map(recording.inArray)),
            [[false], [false], [false, true]],
        );
        assert.deepEqual(books.get("AUSDT")?.snapshot.lastUpdateId, 3);
    });

    it("names what it cannot use", () => {
        assert.throws(() => loadRecordings(join(folder, "nowhere")), /there is no folder .*nowhere; set RECORDINGS/);
        assert.throws(() => loadRecordings(folder), /no recordings/);
        write("odd.jsonl", { hello: 1 });
        assert.throws(() => loadRecordings(folder), /odd\.jsonl is no recording known here/);
        write("odd.jsonl", book("delta", 8, []));
        assert.throws(() => loadRecordings(folder), /odd\.jsonl must be one snapshot followed by deltas/);
        write("odd.jsonl", 5);
        assert.throws(() => loadRecordings(folder), /odd\.jsonl line 1 is not a JSON object/);
    });
});
