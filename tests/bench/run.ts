// `npm run bench`: every figure with both sides and the ratio, measured in one run on a stack of its own.
import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { TestStack } from "../support/stack";
import { drainRound, type Pair } from "./drain";
import { freshness } from "./freshness";
import { gatewayBatch, gatewayLatency } from "./gateway";
import { previewRatio } from "./preview";
import { producerPath } from "./producer";
import { ratioLine } from "./report";
import { idle } from "./idle";
import { storage } from "./storage";

const { values } = parseArgs({
    options: {
        rounds: { type: "string", default: "5" },
        only: { type: "string", default: "producer,gateway,storage,preview,freshness,packed,single,idle" },
    },
});
const rounds = Number(values.rounds);
const only = values.only.split(",");
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function drains(stack: TestStack, kind: "packed" | "single", rows: number): Promise<Pair[]> {
    const pairs: Pair[] = [];
    // The first round warms both sides up and is not counted.
    for (let round = 0; round <= rounds; round++) pairs.push(await drainRound(stack, kind, rows, round));
    return pairs.slice(1);
}

async function bytesPerRow(stack: TestStack): Promise<void> {
    for (const fact of ["order_book_ticks", "market_trades"] as const) {
        const { tuned, plain, floats } = await storage(stack.clickhouse, fact);
        const per = (bytes: number): string => bytes.toFixed(1);
        print(
            `bytes per row, ${fact}: tuned ${per(tuned.total)}, plain ${per(plain.total)}, ratio ${(tuned.total / plain.total).toFixed(2)}; ` +
                `plain with Float64 ${per(floats.total)}, ratio ${(tuned.total / floats.total).toFixed(2)} (aim <= 0.45)`,
        );
    }
}

/** Figures of one program with a broker of its own, measured before the stack is there. */
const alone: Record<string, () => Promise<void>> = {
    producer: async () => {
        for (const kind of ["packed", "single"] as const) {
            const { sink, outbox } = await producerPath(kind, rounds);
            const messages = `${kind === "packed" ? "100-event" : "single-event"} messages, acks=all`;
            print(ratioLine(`sink, ${messages}`, "sink", "Java's perf test", sink, ">= 0.4"));
            print(ratioLine(`from events to Kafka, ${messages}`, "outbox", "Java's perf test", outbox, "none"));
        }
    },
    gateway: async () => {
        print(ratioLine("gateway, batch route", "gateway", "bare producer", await gatewayBatch(rounds), ">= 0.5"));
        const { p50, p99 } = await gatewayLatency();
        print(`gateway, one event a POST: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    },
};

/** Figures of a whole stack. */
const measurements: Record<string, (stack: TestStack) => Promise<void>> = {
    idle: async (stack) => {
        // The JVM compiles what it finds hot in its first minutes.
        await pause(180_000);
        const { cpuPercent, megabytes, parts } = await idle(stack, 60);
        print(
            `idle stack: ${cpuPercent.toFixed(1)}% of one core, ${megabytes.toFixed(0)} MiB resident (${parts}); aim < 10%, < 2048 MiB`,
        );
    },
    storage: bytesPerRow,
    preview: async (stack) => print(await previewRatio(stack, rounds)),
    freshness: async (stack) => {
        const { p50, p99 } = await freshness(stack, 100);
        print(
            `freshness, send to visible, one event at a time: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (aim p99 < 1000 ms)`,
        );
    },
    packed: async (stack) =>
        print(
            ratioLine(
                "backlog of 100-event messages into the fact",
                "feed",
                "INSERT from a file",
                await drains(stack, "packed", 1_000_000),
                ">= 0.35",
            ),
        ),
    single: async (stack) =>
        print(
            ratioLine(
                "backlog of single-event messages into the fact",
                "feed",
                "bare engine into Null",
                await drains(stack, "single", 300_000),
                ">= 0.85",
            ),
        ),
};

async function main(): Promise<void> {
    print(`cores ${execFileSync("nproc").toString().trim()}, node ${process.version}`);
    const unknown = only.filter((name) => alone[name] === undefined && measurements[name] === undefined);
    if (unknown.length > 0)
        throw new Error(
            `--only ${unknown.join(",")}: no such figure; there are ${Object.keys({ ...alone, ...measurements }).join(", ")}`,
        );
    for (const name of only) await alone[name]?.();
    if (only.every((name) => measurements[name] === undefined)) return;
    const stack = await TestStack.start();
    try {
        print(`ClickHouse ${(await stack.rows<{ v: string }>("SELECT version() AS v"))[0]?.v ?? "?"}`);
        for (const name of only) await measurements[name]?.(stack);
    } finally {
        await stack.stop();
    }
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
