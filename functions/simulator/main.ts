// `make simulate`: plays a simulated venue into a stack that takes synthetic events, with labelled scenarios for rules to be judged by.
import { createClient } from "@clickhouse/client";
import { Command, InvalidArgumentError, Option } from "commander";
import { Delivery } from "../shared/delivery";
import { EnvironmentError } from "../shared/env";
import { KafkaSink } from "../shared/kafka";
import { createLog } from "../shared/log";
import { readSimulatorEnv, type SimulatorEnv } from "./env";
import { type Ledger } from "./ledger";
import { Progress, staging, summary } from "./report";
import { everything, type Programme } from "./scenarios/director";
import { repertoire, scenarioOf } from "./scenarios";
import { type Scenario } from "./scenarios/stage";
import { send } from "./send";
import { runId, simulate, type SimulationOptions } from "./simulate";
import { verify } from "./verify";

const worker = "simulator";
/** After a signal, delivery has this long; a supervisor kills after 10 s. */
const graceMs = 8_000;
/** Instances of each scenario, where nothing else is asked for. */
const usual = 3;
const dayMs = 86_400_000;
/** Facts take events of the last 30 days; the rest is for the time the run takes. */
const oldestDays = 29.5;
/** Before what is staged the venue has been open so long, which is sent at once: books have filled. */
const openBefore = 3;
/** Nothing else is staged, and the recorded past is short, so that rules soon know it; but those who stay away do so for long. */
const watched = { scenarios: {}, dormantDays: 28 };
/** From the start to the beginning of what is staged, ms: what came before is stored by then. */
const leadMs = 10_000;

const help = `
The events are synthetic: they carry origin synthetic and a run_id, and are refused without ALLOW_SYNTHETIC=true.
The same seed, accounts, minutes, start and history give the same events, byte for byte; sent twice they are stored once.
With --stage it is now: what is past is sent at once, then everything when it happens, and one attack begins after ten seconds.
Times: the venue opens at --start; logins, deposits and withdrawals of the days before it, and posts of the last eight, come first.
`;

function whole(least: number): (text: string) => number {
    return (text) => {
        const value = Number(text);
        if (!Number.isSafeInteger(value) || value < least)
            throw new InvalidArgumentError(`must be a whole number from ${String(least)} on`);
        return value;
    };
}

function time(text: string): number {
    const at = Date.parse(text);
    if (Number.isNaN(at)) throw new InvalidArgumentError("must be a time like 2026-11-22T15:00:00Z");
    return at;
}

/** all, none, or names with counts: `self_trade:5,ping_pong`. */
function programme(text: string): Programme {
    const known = everything(1);
    const entries = text.split(",").map((entry) => {
        const [, name = "", count = String(usual)] = /^([a-z_]+)(?::([1-9][0-9]{0,3}))?$/.exec(entry.trim()) ?? [];
        if (name !== "all" && name !== "none" && known[name] === undefined)
            throw new InvalidArgumentError(
                `must be all, none, or names like self_trade:5; found ${JSON.stringify(entry)}. Known: ${Object.keys(known).join(", ")}`,
            );
        if (name === "none") return {};
        return name === "all" ? everything(Number(count)) : { [name]: Number(count) };
    });
    return Object.assign({}, ...entries) as Programme;
}

/** A scenario to be staged. */
function scenario(text: string): Scenario {
    const found = scenarioOf(text);
    if (found !== undefined) return found;
    const names = repertoire.flatMap(({ name, alias }) => [...(alias === undefined ? [] : [alias]), name]);
    throw new InvalidArgumentError(`Known are: ${names.map((name) => name.replaceAll("_", "-")).join(", ")}`);
}

interface Options {
    seed: number;
    accounts: number;
    minutes: number;
    rate: number;
    start?: number;
    historyDays: number;
    scenarios: Programme;
    scores: boolean;
    stage?: Scenario;
    verify: boolean;
}

/** Settles the times: by default the run ends now, and its past is as long as asked for. */
function settle({ start, stage, ...options }: Options, now: number): SimulationOptions {
    if (stage !== undefined) {
        const staged = { scenario: stage, at: now + leadMs };
        // It ends soon after the scenario, and that lasts as long as it says at most.
        const minutes = openBefore + stage.minutes + 2;
        return { ...options, ...watched, start: now - openBefore * 60_000, minutes, staged };
    }
    const opening = start ?? Math.floor(now / 1_000) * 1_000 - options.minutes * 60_000;
    const oldest = opening - options.historyDays * dayMs;
    if (oldest < now - oldestDays * dayMs || opening + options.minutes * 60_000 > now + dayMs / 2)
        throw new Error(
            `simulator: the run spans ${new Date(oldest).toISOString()} to ${new Date(opening + options.minutes * 60_000).toISOString()}; ` +
                `facts take what is at most 30 days old and not far ahead: choose a later --start or fewer --history-days`,
        );
    return { ...options, start: opening };
}

async function check(env: SimulatorEnv, ledger: Ledger, run: string): Promise<void> {
    const client = createClient({ url: env.CLICKHOUSE_URL, application: worker });
    try {
        const lines = await verify(client, ledger, run);
        if (lines.length > 0)
            throw new Error(`simulator: the facts differ from the ledger:\n  ${lines.slice(0, 50).join("\n  ")}`);
        process.stderr.write(`facts equal the ledger: ${String(ledger.events)} events, each of them once\n`);
    } finally {
        await client.close();
    }
}

async function play(given: Options): Promise<void> {
    const env = readSimulatorEnv();
    const options = settle(given, Date.now());
    const run = runId(options);
    const log = createLog(worker, env.LOG_LEVEL, process.stderr);
    const sink = new KafkaSink(worker, env.KAFKA_BROKERS, log);
    const [stop, abandon] = [new AbortController(), new AbortController()];
    for (const signal of ["SIGINT", "SIGTERM"])
        process.once(signal, () => {
            stop.abort();
            setTimeout(() => abandon.abort(), graceMs).unref();
        });
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    if (options.staged !== undefined) say(staging(options.staged, run));
    const report = new Progress(options, say);
    try {
        const ledger = await send(simulate(options, say), new Delivery(sink, log), {
            run,
            rate: given.rate,
            live: options.staged !== undefined,
            stop: stop.signal,
            abandon: abandon.signal,
            progress: (events, at) => report.note(events, at),
        });
        process.stdout.write(summary(ledger, run, report.seconds));
        if (given.verify && !stop.signal.aborted) await check(env, ledger, run);
    } finally {
        await sink.close();
    }
}

const command = new Command("make simulate")
    .usage('ARGS="[options]"')
    .description("Plays a simulated venue with labelled scenarios into a stack (development and test stacks only)")
    .option("--seed <n>", "the same seed, the same events", whole(0), 1)
    .option("--accounts <n>", "users, each with an account", whole(100), 10_000)
    .option("--minutes <n>", "how long the venue is open", whole(1), 60)
    .option("--rate <events/s>", "events per second; 0: as fast as it goes", whole(0), 0)
    .option("--start <time>", "opening of the venue (default: so that it closes now)", time)
    .option("--history-days <n>", "recorded past before the opening", whole(0), 28)
    .addOption(
        new Option("--scenarios <list>", "all, none, or names with how often: self_trade:5,ping_pong")
            .argParser(programme)
            .default(everything(usual), `all:${String(usual)}`),
    )
    .addOption(
        new Option("--stage <scenario>", "one attack, now, beside ordinary traffic: account-takeover, self-trade …")
            .argParser(scenario)
            .conflicts(["minutes", "rate", "start", "scenarios"])
            .implies({ accounts: 1_000, historyDays: 3 }),
    )
    .option("--scores", "posts come with sentiment scores, for a stack without the sentiment worker", false)
    .option("--verify", "afterwards compare the stored facts with what was sent, row for row", false)
    .addHelpText("after", help)
    .action((options: Options) => play(options));

command.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(error instanceof EnvironmentError ? 2 : 1);
});
