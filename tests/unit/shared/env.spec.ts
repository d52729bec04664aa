// Proves: a worker refuses to start with a wrong environment and names every bad variable at once. Not: that the values make sense to others.
import assert from "node:assert/strict";
import { z } from "zod";
import { EnvironmentError, readEnv } from "../../../functions/shared/env";
import { readMarketDataEnv } from "../../../functions/market-data/env";

describe("environment of a worker", () => {
    it("has defaults for everything the collector needs", () => {
        const env = readMarketDataEnv({});
        assert.deepEqual(env.SYMBOLS, ["BTCUSDT", "ETHUSDT"]);
        assert.equal(env.BINANCE_WS_URL, "wss://data-stream.binance.vision");
        assert.equal(env.BINANCE_REST_URL, "https://data-api.binance.vision");
        assert.deepEqual(env.KAFKA_BROKERS, ["127.0.0.1:9092"]);
        assert.equal(env.BUFFER_MAX_BYTES, 64 * 1024 * 1024);
        assert.equal(env.VENUE, "binance");
    });

    it("takes lists with spaces, upper-cases symbols once, cuts trailing slashes, and reads empty as unset", () => {
        const env = readMarketDataEnv({
            SYMBOLS: " btcusdt, XRPUSDT,btcusdt ",
            BINANCE_WS_URL: "ws://127.0.0.1:9443/",
            KAFKA_BROKERS: "a:1, b:2",
            LOG_LEVEL: "",
        });
        assert.deepEqual(env.SYMBOLS, ["BTCUSDT", "XRPUSDT"]);
        assert.equal(env.BINANCE_WS_URL, "ws://127.0.0.1:9443");
        assert.deepEqual(env.KAFKA_BROKERS, ["a:1", "b:2"]);
        assert.equal(env.LOG_LEVEL, "info");
    });

    it("names every bad variable with what was found", () => {
        const bad = {
            SYMBOLS: " , ",
            METRICS_PORT: "70000",
            LOG_LEVEL: "loud",
            BINANCE_WS_URL: "http://x",
            BUFFER_MAX_BYTES: "1k",
            VENUE: "Binance!",
        };
        assert.throws(
            () => readMarketDataEnv(bad),
            (error: unknown) => {
                assert.ok(error instanceof EnvironmentError);
                for (const [name, value] of Object.entries(bad)) {
                    assert.match(error.message, new RegExp(`  ${name}: .*found ${JSON.stringify(value)}`));
                }
                return true;
            },
        );
    });

    it("says that a variable is missing, and never shows a secret", () => {
        const schema = z.object({ NEEDED: z.string(), API_TOKEN: z.string().min(50) });
        assert.throws(
            () => readEnv("worker", schema, { API_TOKEN: "hunter2" }),
            (error: unknown) =>
                error instanceof EnvironmentError &&
                /NEEDED: .*found nothing/.test(error.message) &&
                !error.message.includes("hunter2"),
        );
    });
});
