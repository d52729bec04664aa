// `npm run soak`: kills (-9) at random while events flow; the reports go to standard output and, with --write, to tests/soak/results/.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestStack } from "../support/stack";
import { Topics } from "../support/topics";
import { soakEvaluator } from "./evaluator";
import { soakGateway } from "./gateway";
import { soakFeed } from "./matching-engine";
import { onChainSoak } from "./on-chain";
import { soakPipeline } from "./pipeline";
import { soakSentiment } from "./sentiment";

const { values } = parseArgs({
    options: {
        only: { type: "string", default: "pipeline,gateway,matching-engine,sentiment,on-chain,evaluator" },
        events: { type: "string", default: "500000" },
        kills: { type: "string", default: "20" },
        seed: { type: "string", default: String(Date.now() % 100_000) },
        write: { type: "boolean", default: false },
    },
});
const [events, kills, seed] = [Number(values.events), Number(values.kills), Number(values.seed)];
const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);

/** What came of a soak, and the counts of it that must be 0. */
interface Outcome {
    report: object;
    mustBeZero: readonly number[];
}

const soaks: Record<string, (stack: TestStack) => Promise<Outcome>> = {
    pipeline: async (stack) => {
        const report = await soakPipeline(stack, { events, kills, seed, say });
        return { report, mustBeZero: [report.lost, report.duplicated, report.offsetsUnaccounted] };
    },
    gateway: async (stack) => {
        const brokers = stack.brokers.split(",");
        const topics = await Topics.connect(brokers);
        try {
            const report = await soakGateway(brokers, topics, { kills, say });
            return { report, mustBeZero: [report.lost] };
        } finally {
            await topics.close();
        }
    },
    "matching-engine": async (stack) => {
        const report = await soakFeed(stack, { kills, seed, say });
        return { report, mustBeZero: [report.lost, report.doubled] };
    },
    sentiment: async (stack) => {
        const report = await soakSentiment(stack, { kills, seed, say });
        return {
            report,
            mustBeZero: [report.lost, report.doubled, report.scoresLost, report.scoresDoubled],
        };
    },
    "on-chain": async (stack) => {
        const report = await onChainSoak(stack, { kills, seed, say });
        return { report, mustBeZero: [report.lost, report.wrong, report.doubled] };
    },
    evaluator: async (stack) => {
        const report = await soakEvaluator(stack, { kills, seed, say });
        return { report, mustBeZero: [report.missing, report.foreign, report.doubled, report.bare] };
    },
};

async function main(): Promise<void> {
    const wanted = values.only.split(",");
    const unknown = wanted.filter((name) => soaks[name] === undefined);
    if (unknown.length > 0)
        throw new Error(`--only ${unknown.join(",")}: no such soak; there are ${Object.keys(soaks).join(", ")}`);
    say("bringing a stack of its own up");
    const stack = await TestStack.start();
    try {
        for (const name of wanted) {
            const outcome = await soaks[name]?.(stack);
            if (outcome === undefined) continue;
            const command = `npm run soak -- --only ${name} --events ${values.events} --kills ${values.kills} --seed ${values.seed}`;
            const text = `${command}\n${new Date().toISOString()}\n${JSON.stringify(outcome.report, null, 2)}\n`;
            say(text);
            if (outcome.mustBeZero.some((count) => count !== 0)) process.exitCode = 1;
            if (!values.write) continue;
            mkdirSync(join(__dirname, "results"), { recursive: true });
            writeFileSync(join(__dirname, "results", `${name}.txt`), text);
        }
    } finally {
        await stack.stop();
    }
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
