// `npm run alerts`: an analyst's work on alerts, from the list to the case pack.
import { Command, InvalidArgumentError, Option } from "commander";
import { alertStateWords, type Outcome, outcomes } from "../../schema/detection";
import { parseTime } from "../completeness/period";
import { runCommand } from "../shared/commandLine";
import { explanation } from "./explaining";
import { take, type Taken } from "./lifecycle";
import { erase } from "./keeping/erasing";
import { copyAll, hold, listHolds, release, type Subject } from "./keeping/holding";
import { list, type Wanted } from "./listing";
import { writeCase } from "./pack/writing";
import { replay, type Which } from "./replaying";
import { commonOptions, type CommonOptions, type Session, withSession } from "./session";
import { show } from "./showing";
import { endSilence, listSilences, silence, type Silencing } from "./silencing";
import { ahead, words } from "./text";
import { tryTarget } from "./trying";

const dayMs = 86_400_000;
const mostListed = 10_000;

const say = (text: string): void => void process.stdout.write(text);

function count(text: string): number {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < 1 || value > mostListed)
        throw new InvalidArgumentError(`must be a whole number from 1 to ${String(mostListed)}`);
    return value;
}

/** Runs one command of a session and prints what it says. */
const printing = (options: CommonOptions, work: (session: Session) => Promise<string>): Promise<void> =>
    withSession(options, async (session) => say(await work(session)));

const command = new Command("npm run alerts --").description("An analyst's work on alerts");
const sub = (name: string, description: string): Command =>
    commonOptions(command.command(name).description(description));

sub("list", "The newest alerts, a line each")
    .addOption(new Option("--state <state>", "open: not closed").choices(["open", ...alertStateWords]))
    .option("--rule <id>", "of this rule")
    .option("--severity <severity>", "of this severity")
    .option("--owner <owner>", "of this owner: surveillance, fraud, operations")
    .option("--entity <id>", "about this user, account, pair, ring or token")
    .option("--run <id>", "of a run of a replay or simulation (default: live)", "")
    .option("--from <time>", "raised from then on (default: a week ago)", parseTime)
    .option("--limit <count>", "so many at most", count, 50)
    .action(
        ({
            from = new Date(Date.now() - 7 * dayMs),
            ...rest
        }: CommonOptions & Omit<Wanted, "from" | "before" | "once"> & { from?: Date }) => {
            const { clickhouse, actor, ...filters } = rest;
            return printing({ clickhouse, actor }, (session) => list(session, { ...filters, from }));
        },
    );

sub("show <alert>", "One alert: what it says, its history, its evidence").action((id: string, options: CommonOptions) =>
    printing(options, (session) => show(session, id)),
);

/** Takes a step and says the state after it. */
const stepping = (options: CommonOptions, taken: Taken): Promise<void> =>
    printing(options, async (session) => {
        await take(session, taken);
        return `${taken.alertId} ${taken.action}${taken.outcome === undefined ? "" : `: ${taken.outcome}`} by ${session.actor}\n`;
    });

interface Noted extends CommonOptions {
    note?: string;
}

sub("ack <alert>", "Says that somebody works on it: nobody else is called")
    .option("--note <text>", "why, or what about it", words)
    .action((alertId: string, { note = "", ...options }: Noted) =>
        stepping(options, { alertId, action: "acknowledged", note }),
    );

sub("snooze <alert>", "Puts it aside until a time; it comes back by itself")
    .requiredOption("--until <time>", "a span like 30m, 8h or 3d, or a time with its zone", ahead)
    .option("--note <text>", "why", words)
    .action((alertId: string, { note = "", until, ...options }: Noted & { until: Date }) =>
        stepping(options, { alertId, action: "snoozed", until, note }),
    );

sub("close <alert>", "Ends it, with what it was; closing again corrects")
    .addOption(
        new Option("--as <outcome>", "valuable: no offence, and yet worth knowing")
            .choices(outcomes)
            .makeOptionMandatory(),
    )
    .requiredOption("--note <text>", "why it ended so", words)
    .action((alertId: string, { as: outcome, note, ...options }: CommonOptions & { as: Outcome; note: string }) =>
        stepping(options, { alertId, action: "closed", outcome, note }),
    );

sub(
    "explain <alert>",
    "Asks its rule again, with what was known when it fired, and checks its evidence against the hashes",
)
    .addHelpText(
        "after",
        "\nExit code 0: found again as it was, evidence intact; 1: not so, it says why; 2: it could not be told.\n",
    )
    .action((id: string, options: CommonOptions) =>
        printing(options, async (session) => {
            const { text, same } = await explanation(session, id);
            process.exitCode = same ? 0 : 1;
            return text;
        }),
    );

sub("export <alert>", "Writes the case into a folder: timeline, books, funding, logins, links, evidence, rule, hashes")
    .option("--to <folder>", "new or empty folder (default: case-<alert>)")
    .option("--around <minutes>", "so long before the alert's window and after its event", count, 60)
    .action((id: string, { to, around, ...options }: CommonOptions & { to?: string; around: number }) =>
        printing(options, (session) => writeCase(session, id, to ?? `case-${id}`, around)),
    );

sub("replay", "Has messages sent after all that were given up")
    .option("--target <name>", "of this target (default: of all)")
    .option("--message <id>", "this message (default: all)")
    .option("--dry-run", "only name them", false)
    .action(({ dryRun, ...which }: CommonOptions & Which & { dryRun: boolean }) =>
        printing(which, (session) => {
            const { target, message } = which;
            const meant = {
                ...(target === undefined ? {} : { target }),
                ...(message === undefined ? {} : { message }),
            };
            return replay(session, meant, dryRun);
        }),
    );

sub("test <target>", "Has the running worker send a test message to a target, and says what came of it")
    .option("--wait <seconds>", "so long at most", count, 30)
    .action((target: string, { wait, ...options }: CommonOptions & { wait: number }) =>
        printing(options, (session) => tryTarget(session, target, wait)),
    );

const silencing = command
    .command("silence")
    .description("Alerts that are recorded and not sent for a while, and windows of announced work");
const onSilence = (name: string, description: string): Command =>
    commonOptions(silencing.command(name).description(description));

onSilence("add", "From now on, or from a time on, and never for good")
    .option("--rule <id>", "alerts of this rule")
    .option("--entity <id>", "about this user, account, pair, ring or token")
    .option("--entity-kind <kind>", "which of these it is (default: any of that name)")
    .option("--owner <owner>", "of this owner: surveillance, fraud, operations")
    .option("--severity <severity>", "of this severity")
    .option("--maintenance", "announced work on the system: without a condition it concerns all alerts", false)
    .option("--from <time>", "a span like 30m, 8h or 3d, or a time with its zone (default: now)", ahead)
    .requiredOption("--until <time>", "likewise", ahead)
    .requiredOption("--reason <text>", "why", words)
    .action(({ from = new Date(), ...rest }: CommonOptions & Omit<Silencing, "from"> & { from?: Date }) => {
        const { clickhouse, actor, ...wanted } = rest;
        return printing({ clickhouse, actor }, (session) => silence(session, { ...wanted, from }));
    });

onSilence("list", "Those that are not over").action((options: CommonOptions) => printing(options, listSilences));

onSilence("end <silence>", "Ends one before its time").action((id: string, options: CommonOptions) =>
    printing(options, (session) => endSilence(session, id)),
);

const holding = command
    .command("hold")
    .description("Keeps facts out of reach of their retention and of erasure, until they are released");
const onHold = (name: string, description: string): Command =>
    commonOptions(holding.command(name).description(description));

interface Held extends CommonOptions {
    user?: string;
    token?: string;
    alert?: string;
}

const subjectOptions = (sub: Command): Command =>
    sub
        .option("--user <id>", "a user, with all accounts")
        .option("--token <symbol>", "a token, with the instruments traded in it")
        .option("--alert <id>", "an alert, with what its users and accounts did around it");

/** The one subject that is named. Throws for none and for several. */
function subjectOf(options: Held): Subject {
    const given = (["user", "token", "alert"] as const).flatMap((kind) => {
        const subject = options[kind];
        return subject === undefined || subject === "" ? [] : [{ kind, subject }];
    });
    const [only] = given;
    if (only === undefined || given.length > 1) throw new Error("name one of --user, --token and --alert");
    return only;
}

subjectOptions(onHold("add", "Copies what there is about a subject; again: what came since"))
    .requiredOption("--reason <text>", "why, e.g. the case", words)
    .action(({ reason, ...options }: Held & { reason: string }) => {
        const subject = subjectOf(options);
        return printing(options, (session) => hold(session, subject, reason));
    });

onHold("list", "What is held").action((options: CommonOptions) => printing(options, listHolds));

onHold("copy", "Copies what came since for everything that is held: to be run more often than facts expire").action(
    (options: CommonOptions) => printing(options, copyAll),
);

subjectOptions(onHold("release", "Ends a hold and deletes its copies")).action((options: Held) => {
    const subject = subjectOf(options);
    return printing(options, (session) => release(session, subject));
});

sub("erase", "Removes a person from facts, rollups, dead letters and evidence; what is held stays")
    .requiredOption("--user <id>", "whom", words)
    .action(({ user, ...options }: CommonOptions & { user: string }) =>
        printing(options, (session) => erase(session, user)),
    );

runCommand(command);
