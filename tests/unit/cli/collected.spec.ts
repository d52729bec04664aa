// Proves: what `make demo` shows of the collector: counts out of the real outbox's metrics, and lines out of the real log.
// Does not prove: that the collector serves them; tests/engine/cli/driver.spec.ts starts one.
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { acknowledged, countsLine, logLine } from "../../../infra/cli/collected";
import { createLog } from "../../../functions/shared/log";
import { createRegistry } from "../../../functions/shared/metrics";
import { Outbox } from "../../../functions/shared/outbox";
import { bookTickers } from "../../../schema";

function loggedLine(write: (log: ReturnType<typeof createLog>) => void): string {
    let text = "";
    const destination = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
            text += chunk.toString();
            done();
        },
    });
    write(createLog("market-data", "info", destination));
    return text.trim();
}

describe("what make demo shows", () => {
    it("is what Kafka has acknowledged, by fact, and how much more than last time", async () => {
        const registry = createRegistry("market-data");
        const sink = { send: () => Promise.resolve(), close: () => Promise.resolve() };
        const log = createLog("market-data", "fatal");
        const outbox = new Outbox({ sink, log, registry, sourceId: "market-data/x", maxBytes: 1e6 });
        const before = acknowledged(await registry.metrics());
        assert.equal(countsLine(before, before), "no event yet");
        for (const id of ["1", "2"]) {
            outbox.publish(bookTickers, {
                event_id: id,
                event_time: "2026-01-01T00:00:00.000Z",
                ...{ source_id: "x", source_seq: id, origin: "live", venue: "x", symbol: "BTCUSDT" },
            });
        }
        await outbox.close(1_000);
        const now = acknowledged(await registry.metrics());
        assert.deepEqual([...now], [["book_tickers", 2]]);
        assert.equal(countsLine(new Map([["book_tickers", 1]]), now), "book_tickers 2 (+1)");
    });

    it("is a log line in words: level, message and why", () => {
        const warn = loggedLine((log) => log.warn({ why: "ECONNREFUSED" }, "venue connection failed"));
        assert.deepEqual(logLine(warn), { text: "warn: venue connection failed (ECONNREFUSED)" });
        const begun = loggedLine((log) => log.info({ port: 4711, symbols: ["A"] }, "collecting"));
        assert.deepEqual(logLine(begun), { text: "collecting", port: 4711 });
    });

    it("is any other line as it is", () => {
        for (const text of ["market-data: the environment is not usable", "{broken", '{"a":1}'])
            assert.deepEqual(logLine(text), { text });
    });
});
