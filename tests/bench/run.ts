// `npm run bench`: every figure with both sides and the ratio, measured in one run on a stack of its own. Options: --help.
import { execFileSync } from "node:child_process";
import { appendFileSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import { runCommand } from "../../functions/shared/commandLine";
import { someOf, whole } from "../support/options";
import { withOwnStack } from "../support/ownStack";
import { TestStack } from "../support/stack";
import { consolePages, pageLine } from "./console";
import { costLines, costs } from "./cost";
import { dashboardLines, dashboards } from "./dashboards";
import { drainRound, type Pair } from "./drain";
import { freshness } from "./freshness";
import { gatewayBatch, gatewayLatency } from "./gateway";
import { latency, latencyLines } from "./latency";
import { loadCost, loadLines } from "./load";
import { previewRatio } from "./preview";
import { producerPath } from "./producer";
import { ratioLine } from "./report";
import { idle } from "./idle";
import { storage } from "./storage";
import { webhookLatency, webhookLines } from "./webhook";

interface Options {
    rounds: number;
    facts: number;
    patterns: number;
    only?: string[];
    out?: string;
}

/** What a measurement is told: over how many rounds, on how many facts and patterns, and where its lines go. */
interface Run {
    rounds: number;
    facts: number;
    patterns: number;
    print: (line: string) => void;
}

async function drains(stack: TestStack, kind: "packed" | "single", rows: number, rounds: number): Promise<Pair[]> {
    const pairs: Pair[] = [];
    // The first round warms both sides up and is not counted.
    for (let round = 0; round <= rounds; round++) pairs.push(await drainRound(stack, kind, rows, round));
    return pairs.slice(1);
}

async function bytesPerRow(stack: TestStack, { print }: Run): Promise<void> {
    for (const fact of ["order_book_ticks", "market_trades"] as const) {
        const { tuned, plain, floats } = await storage(stack.clickhouse, fact);
        const per = (bytes: number): string => bytes.toFixed(1);
        print(
            `bytes per row, ${fact}: tuned ${per(tuned.total)}, plain ${per(plain.total)}, ratio ${(tuned.total / plain.total).toFixed(2)}; ` +
                `plain with Float64 ${per(floats.total)}, ratio ${(tuned.total / floats.total).toFixed(2)} (aim <= 0.45)`,
        );
    }
}

/** Calls of a query, and loads of a page, that make a round. */
const callsPerRound = 10;
const loadsPerRound = 20;
/** Events per second beside which alerts are raised, and those at which the evaluator is to take less than a core. */
const [busy, busier] = [5_000, 10_000];

/** Figures of one program with a broker or an engine of its own, measured before the stack is there. */
const alone: Record<string, (run: Run) => Promise<void>> = {
    producer: async ({ rounds, print }) => {
        for (const kind of ["packed", "single"] as const) {
            const { sink, outbox } = await producerPath(kind, rounds);
            const messages = `${kind === "packed" ? "100-event" : "single-event"} messages, acks=all`;
            print(ratioLine(`sink, ${messages}`, "sink", "Java's perf test", sink, ">= 0.4"));
            print(ratioLine(`from events to Kafka, ${messages}`, "outbox", "Java's perf test", outbox, "none"));
        }
    },
    gateway: async ({ rounds, print }) => {
        print(ratioLine("gateway, batch route", "gateway", "bare producer", await gatewayBatch(rounds), ">= 0.5"));
        const { p50, p99 } = await gatewayLatency();
        print(`gateway, one event a POST: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
    },
    cost: async ({ facts, rounds, print }) => {
        for (const line of costLines(await costs(facts, rounds * callsPerRound))) print(line);
    },
    dashboards: async ({ facts, rounds, print }) => {
        for (const line of dashboardLines(facts, await dashboards(facts, rounds * callsPerRound))) print(line);
    },
    console: ({ rounds, print }) => consolePages(rounds * loadsPerRound, (time) => print(pageLine(time))),
};

/** Figures of a whole stack. */
const measurements: Record<string, (stack: TestStack, run: Run) => Promise<void>> = {
    storage: bytesPerRow,
    preview: async (stack, { rounds, print }) => print(await previewRatio(stack, rounds)),
    freshness: async (stack, { print }) => {
        const { p50, p99 } = await freshness(stack, 100);
        print(
            `freshness, send to visible, one event at a time: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms (aim p99 < 1000 ms)`,
        );
    },
    packed: async (stack, { rounds, print }) =>
        print(
            ratioLine(
                "backlog of 100-event messages into the fact",
                "feed",
                "INSERT from a file",
                await drains(stack, "packed", 1_000_000, rounds),
                ">= 0.35",
            ),
        ),
    single: async (stack, { rounds, print }) =>
        print(
            ratioLine(
                "backlog of single-event messages into the fact",
                "feed",
                "bare engine into Null",
                await drains(stack, "single", 300_000, rounds),
                ">= 0.85",
            ),
        ),
    latency: async (stack, { patterns, print }) => {
        for (const line of latencyLines(await latency(stack, patterns, busy))) print(line);
    },
    webhook: async (stack, { patterns, print }) => {
        for (const line of webhookLines(await webhookLatency(stack, patterns))) print(line);
    },
    load: async (stack, { print }) => {
        for (const line of loadLines(await loadCost(stack, busier))) print(line);
    },
    idle: async (stack, { print }) => {
        // The JVM compiles what it finds hot in its first minutes.
        await pause(180_000);
        const { cpuPercent, megabytes, parts } = await idle(stack, 60);
        print(
            `idle stack: ${cpuPercent.toFixed(1)}% of one core, ${megabytes.toFixed(0)} MiB resident (${parts}); aim < 10%, < 2048 MiB`,
        );
    },
};

const figures = [...Object.keys(alone), ...Object.keys(measurements)];

/** Prints lines, to the file as well: as they come, so that a run that is cut short leaves what it has measured. */
function printer(out: string | undefined): (line: string) => void {
    // A file that cannot be written is told of before an hour of measuring.
    if (out !== undefined) writeFileSync(out, "");
    return (line) => {
        process.stdout.write(`${line}\n`);
        if (out !== undefined) appendFileSync(out, `${line}\n`);
    };
}

async function bench({ rounds, facts, patterns, only = figures, out }: Options): Promise<void> {
    const print = printer(out);
    const run = { rounds, facts, patterns, print };
    print(`cores ${execFileSync("nproc").toString().trim()}, node ${process.version}`);
    for (const name of only) await alone[name]?.(run);
    if (only.every((name) => measurements[name] === undefined)) return;
    await withOwnStack(
        () => TestStack.start(),
        async (stack) => {
            print(`ClickHouse ${(await stack.rows<{ v: string }>("SELECT version() AS v"))[0]?.v ?? "?"}`);
            for (const name of only) await measurements[name]?.(stack, run);
        },
    );
}

runCommand(
    new Command("npm run bench --")
        .description("Measures the product beside what bounds it, on a stack of its own")
        .option("--rounds <n>", "rounds of each comparison", whole(1), 5)
        .option("--facts <n>", "facts stored for cost and dashboards", whole(1_000_000), 50_000_000)
        .option("--patterns <n>", "patterns of each rule for latency", whole(1), 40)
        .option("--only <figures>", `only these, with commas between: ${figures.join(", ")}`, someOf(figures))
        .option("--out <file>", "write what is printed there as well")
        .action(bench),
);
