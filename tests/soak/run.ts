// `npm run soak`: 500,000 events, 20 kills; the report goes to standard output and, with --write, to tests/soak/result.txt.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { TestStack } from "../support/stack";
import { soak } from "./soak";

const { values } = parseArgs({
    options: {
        events: { type: "string", default: "500000" },
        kills: { type: "string", default: "20" },
        seed: { type: "string", default: String(Date.now() % 100_000) },
        write: { type: "boolean", default: false },
    },
});

async function main(): Promise<void> {
    const say = (line: string): void => void process.stdout.write(`${new Date().toISOString()} ${line}\n`);
    say("bringing a stack of its own up");
    const stack = await TestStack.start();
    try {
        const seed = Number(values.seed);
        const report = await soak(stack, { events: Number(values.events), kills: Number(values.kills), seed, say });
        const text = `npm run soak -- --events ${values.events} --kills ${values.kills} --seed ${values.seed}\n${new Date().toISOString()}\n${JSON.stringify(report, null, 2)}\n`;
        say(text);
        if (values.write) writeFileSync(join(__dirname, "result.txt"), text);
        const good = report.lost === 0 && report.duplicated === 0 && report.offsetsUnaccounted === 0;
        process.exitCode = good ? 0 : 1;
    } finally {
        await stack.stop();
    }
}

void main();
