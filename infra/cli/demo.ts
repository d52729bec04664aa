/** `make demo`: the data collection alone, in a terminal: the collector into a Kafka that is there, and a line every few seconds of what came. */
import { logOf, runBeside } from "./beside";
import { type Counts, acknowledged, countsLine, logLine } from "./collected";
import { healthOf } from "./health";
import { makeCommand, outputs, stack } from "./project";
import { cut } from "./screen";
import { UserError, run, say } from "./terminal";

/** Seconds between two lines of progress. */
const EVERY_SECONDS = 5;

/** KAFKA_BROKERS where it is set, else the stack's. */
async function brokers(): Promise<{ kafka: string; whose: string }> {
    const given = process.env["KAFKA_BROKERS"] ?? "";
    if (given !== "") return { kafka: given, whose: "KAFKA_BROKERS" };
    const { kafkaBrokers } = await outputs();
    if (typeof kafkaBrokers === "string") return { kafka: kafkaBrokers, whose: `stack ${stack}` };
    throw new UserError(
        `no Kafka to collect into: stack ${stack} is not up; run ${makeCommand("start")}, or name another: KAFKA_BROKERS=<host:port> make demo`,
    );
}

/** Prints what Kafka has acknowledged since the last line, and what is wrong where something is. */
async function report(port: number, before: Counts): Promise<Counts> {
    const base = `http://127.0.0.1:${String(port)}`;
    const answer = await fetch(`${base}/metrics`, { signal: AbortSignal.timeout(2_000) });
    const now = acknowledged(await answer.text());
    const { reasons } = await healthOf(`${base}/healthz`);
    say([countsLine(before, now), ...reasons.map((reason) => cut(reason))].join("\n"));
    return now;
}

run(async () => {
    const { kafka, whose } = await brokers();
    say(`collecting into Kafka ${kafka} (${whose}); Ctrl-C ends it; its log: ${logOf("demo")}`);
    let port = 0;
    let last = "";
    let counts: Counts = new Map();
    const timer = setInterval(() => {
        // At its end the collector answers no more; what it says then is in its log.
        if (port > 0)
            report(port, counts).then(
                (now) => (counts = now),
                () => undefined,
            );
    }, EVERY_SECONDS * 1000);
    process.exitCode = await runBeside({
        name: "demo",
        entry: "functions/market-data/main.ts",
        env: { KAFKA_BROKERS: kafka, METRICS_PORT: "0" },
        show: (line) => {
            const { text, port: found } = logLine(line);
            port = found ?? port;
            // An attempt that fails again and again is said once here; the log has each.
            if (text !== last) say(cut(text));
            last = text;
            return undefined;
        },
    });
    clearInterval(timer);
});
