// `npm run rules`: how the rules stand, which make work for nothing, and switching one off for a while.
import { Command, InvalidArgumentError } from "commander";
import { runCommand } from "../shared/commandLine";
import { commonOptions, type CommonOptions, type Session, withSession } from "./session";
import { noisyRules } from "./noise";
import { disable, enable, listRules } from "./switching";
import { ahead, words } from "./text";

const mostWeeks = 260;

function whole(text: string): number {
    if (!/^\d+$/.test(text) || Number(text) < 1 || Number(text) > mostWeeks)
        throw new InvalidArgumentError(`must be a whole number from 1 to ${String(mostWeeks)}`);
    return Number(text);
}

const printing = (options: CommonOptions, work: (session: Session) => Promise<string>): Promise<void> =>
    withSession(options, async (session) => void process.stdout.write(await work(session)));

const command = new Command("npm run rules --").description(
    "How the rules stand, which make work for nothing, and switching one off for a while",
);
const sub = (name: string, description: string): Command =>
    commonOptions(command.command(name).description(description));

sub("list", "Every rule: mode, version, how far it is, alerts of the last day, how often it was right").action(
    (options: CommonOptions) => printing(options, listRules),
);

sub("disable <rule>", "Has a rule rest until a time; then it judges what it missed")
    .requiredOption("--until <time>", "a span like 30m, 8h or 3d, or a time with its zone", ahead)
    .requiredOption("--reason <text>", "why", words)
    .action((id: string, { until, reason, ...options }: CommonOptions & { until: Date; reason: string }) =>
        printing(options, (session) => disable(session, id, until, reason)),
    );

sub("enable <rule>", "Ends a rest before its time").action((id: string, options: CommonOptions) =>
    printing(options, (session) => enable(session, id)),
);

sub("noisy", "Which rules made work for nothing, week by week, the noisiest first")
    .option("--weeks <count>", "of so many weeks, this one included", whole, 4)
    .action(({ weeks, ...options }: CommonOptions & { weeks: number }) =>
        printing(options, (session) => noisyRules(session, weeks)),
    );

runCommand(command);
