// Runs as a process of its own in tests/unit/support: a program whose stack only says what becomes of it. Argument: milliseconds its start takes.
import { setTimeout as pause } from "node:timers/promises";
import { withOwnStack } from "./ownStack";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

void withOwnStack(
    async () => {
        say("starting");
        await pause(Number(process.argv[2]));
        return {
            stop: async () => {
                await pause(100);
                say("stopped");
            },
        };
    },
    async () => {
        say("working");
        await pause(60_000);
    },
);
