// `npm run detection-report`: how well the rules do on simulated streams they were not tuned on. Options: --help.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { rules, type Rule } from "../../schema/rules";
import { type Judgement, Lab } from "./lab";
import { reportText } from "./report";
import { abuseStream, cleanStream, type Size, type Stream, unplayed } from "./streams";
import { tallied } from "./tally";

interface Options {
    seeds: number;
    cleanSeeds: number;
    firstSeed: number;
    rules?: Rule[];
    accounts: number;
    cleanAccounts: number;
    minutes: number;
    cleanMinutes: number;
    out?: string;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function whole(text: string): number {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError("must be a whole number from 0 on");
    return value;
}

function chosen(text: string): Rule[] {
    return text.split(",").map((id) => {
        const found = rules.find((rule) => rule.id === id);
        if (found !== undefined) return found;
        throw new InvalidArgumentError(`no rule ${id}; there are ${rules.map((rule) => rule.id).join(", ")}`);
    });
}

/** Streams in the order they are played; the clean ones have the seeds after the others. */
function streamsOf(options: Options): Stream[] {
    const { seeds, cleanSeeds, firstSeed, accounts, cleanAccounts, minutes, cleanMinutes } = options;
    const abuse: Size = { accounts, minutes };
    const clean: Size = { accounts: cleanAccounts, minutes: cleanMinutes };
    const ids = options.rules?.map(({ id }) => id);
    return [
        ...Array.from({ length: cleanSeeds }, (_, n) => cleanStream(firstSeed + seeds + n, clean)),
        ...Array.from({ length: seeds }, (_, n) => abuseStream(firstSeed + n, abuse, ids)),
    ];
}

/** Judges stream after stream, until all are done or SIGTERM: then what has been judged is reported. */
async function judgeAll(streams: readonly Stream[], judged: readonly Rule[]): Promise<Judgement[]> {
    const stop = new AbortController();
    process.once("SIGTERM", () => stop.abort());
    const done: Judgement[] = [];
    const lab = await Lab.start();
    try {
        for (const stream of streams) {
            if (stop.signal.aborted) break;
            const from = Date.now();
            const judgement = await lab.judge(stream, judged);
            done.push(judgement);
            const alerts = judgement.outcomes.map(({ rule, findings }) => `${rule.id} ${String(findings.length)}`);
            const took = ((Date.now() - from) / 1_000).toFixed(0);
            say(
                `${stream.kind} ${String(stream.seed)}: ${String(judgement.rows)} rows, ${took} s; alerts: ${alerts.join(", ")}`,
            );
        }
    } finally {
        await lab.stop();
    }
    return done;
}

async function report(options: Options): Promise<void> {
    const began = Date.now();
    const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const forgotten = unplayed();
    if (forgotten.length > 0)
        throw new Error(`scenarios that no stream plays: ${forgotten.join(", ")}; see tests/detection/streams.ts`);
    const judged = options.rules ?? rules.filter(({ mode }) => mode !== "off");
    const done = await judgeAll(streamsOf(options), judged);
    const seedsOf = (kind: Stream["kind"]): number[] =>
        done.flatMap(({ stream }) => (stream.kind === kind ? [stream.seed] : []));
    const text = reportText(
        {
            date: new Date(began).toISOString().slice(0, 10),
            commit,
            ...{ abuseSeeds: seedsOf("abuse"), cleanSeeds: seedsOf("clean") },
            rows: done.reduce((sum, { rows }) => sum + rows, 0),
            leftOut: done.reduce((sum, { notes }) => sum + notes.length, 0),
            accounts: { abuse: options.accounts, clean: options.cleanAccounts },
            minutes: { abuse: options.minutes, clean: options.cleanMinutes },
            tookMinutes: (Date.now() - began) / 60_000,
        },
        tallied(judged, done),
    );
    process.stdout.write(text);
    if (options.out !== undefined) writeFileSync(options.out, text);
}

const command = new Command("npm run detection-report --")
    .description("Measures the rules on simulated streams: recall, false alerts, precision, time to detect")
    .option("--seeds <n>", "streams with scenarios", whole, 20)
    .option("--clean-seeds <n>", "streams without", whole, 1)
    .option("--first-seed <n>", "their seeds from here on; 1 to 19 are for tuning", whole, 1_001)
    .option("--rules <ids>", "only these, with commas between", chosen)
    .option("--accounts <n>", "users of a stream with scenarios", whole, 2_000)
    .option("--minutes <n>", "its minutes of trading", whole, 110)
    .option("--clean-accounts <n>", "users of a clean stream", whole, 10_000)
    .option("--clean-minutes <n>", "its minutes of trading", whole, 110)
    .option("--out <file>", "write the report there as well")
    .action(report);

command.parseAsync().catch((error: unknown) => {
    process.stderr.write(`detection-report: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
});
