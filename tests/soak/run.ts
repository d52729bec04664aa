// `npm run soak`: kills (-9) at random while events flow; the reports go to standard output and, with --write, to tests/soak/results/. Options: --help.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { runCommand } from "../../functions/shared/commandLine";
import { someOf, whole } from "../support/options";
import { withOwnStack } from "../support/ownStack";
import { TestStack } from "../support/stack";
import { Topics } from "../support/topics";
import { soakAlerts } from "./alerts";
import { soakEvaluator } from "./evaluator";
import { soakGateway } from "./gateway";
import { soakFeed } from "./matching-engine";
import { onChainSoak } from "./on-chain";
import { soakPipeline } from "./pipeline";
import { soakSentiment } from "./sentiment";

interface Options {
    only?: string[];
    events: number;
    kills: number;
    seed: number;
    write?: true;
}

const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);

/** What came of a soak, and the counts of it that must be 0. */
interface Outcome {
    report: object;
    mustBeZero: readonly number[];
}

const soaks: Record<string, (stack: TestStack, options: Options) => Promise<Outcome>> = {
    pipeline: async (stack, { events, kills, seed }) => {
        const report = await soakPipeline(stack, { events, kills, seed, say });
        return { report, mustBeZero: [report.lost, report.duplicated, report.offsetsUnaccounted] };
    },
    gateway: async (stack, { kills }) => {
        const brokers = stack.brokers.split(",");
        const topics = await Topics.connect(brokers);
        try {
            const report = await soakGateway(brokers, topics, { kills, say });
            return { report, mustBeZero: [report.lost] };
        } finally {
            await topics.close();
        }
    },
    "matching-engine": async (stack, { kills, seed }) => {
        const report = await soakFeed(stack, { kills, seed, say });
        return { report, mustBeZero: [report.lost, report.doubled] };
    },
    sentiment: async (stack, { kills, seed }) => {
        const report = await soakSentiment(stack, { kills, seed, say });
        return {
            report,
            mustBeZero: [report.lost, report.doubled, report.scoresLost, report.scoresDoubled],
        };
    },
    "on-chain": async (stack, { kills, seed }) => {
        const report = await onChainSoak(stack, { kills, seed, say });
        return { report, mustBeZero: [report.lost, report.wrong, report.doubled] };
    },
    evaluator: async (stack, { kills, seed }) => {
        const report = await soakEvaluator(stack, { kills, seed, say });
        return { report, mustBeZero: [report.missing, report.foreign, report.doubled, report.bare] };
    },
    alerts: async (stack, { kills, seed }) => {
        const report = await soakAlerts(stack, { kills, seed, say });
        return { report, mustBeZero: [report.lost, report.doubled, report.orphans] };
    },
};

const names = Object.keys(soaks);

/** Tells the outcome of a soak, and keeps it where that is asked for; counts that must be 0 and are not make the exit code 1. */
function tell(name: string, { report, mustBeZero }: Outcome, { events, kills, seed, write }: Options): void {
    const command = `npm run soak -- --only ${name} --events ${String(events)} --kills ${String(kills)} --seed ${String(seed)}`;
    const text = `${command}\n${new Date().toISOString()}\n${JSON.stringify(report, null, 2)}\n`;
    say(text);
    if (mustBeZero.some((count) => count !== 0)) process.exitCode = 1;
    if (write !== true) return;
    mkdirSync(join(__dirname, "results"), { recursive: true });
    writeFileSync(join(__dirname, "results", `${name}.txt`), text);
}

async function soak(options: Options): Promise<void> {
    say("bringing a stack of its own up");
    await withOwnStack(
        () => TestStack.start(),
        async (stack) => {
            for (const name of options.only ?? names) {
                const outcome = await soaks[name]?.(stack, options);
                if (outcome !== undefined) tell(name, outcome, options);
            }
        },
    );
}

runCommand(
    new Command("npm run soak --")
        .description(
            "Kills (-9) at random while events flow, on a stack of its own; 1 when something was lost or doubled",
        )
        .option("--only <soaks>", `only these, with commas between: ${names.join(", ")}`, someOf(names))
        .option("--events <n>", "events of the pipeline's soak", whole(1), 500_000)
        .option("--kills <n>", "kills of each soak", whole(0), 20)
        .option(
            "--seed <n>",
            "of what is random; another each time where none is given",
            whole(0),
            Date.now() % 100_000,
        )
        .option("--write", "write the reports to tests/soak/results as well")
        .action(soak),
);
