// `npm run reconcile`: names every difference between the facts and what their sources say they sent.
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { Command } from "commander";
import { measures } from "../../schema/views";
import { createKafka } from "../shared/kafkajs";
import { runCommand } from "../shared/commandLine";
import { requireAnswers } from "./answers";
import { comparedIn } from "./compared";
import { differencesOf, joined } from "./differences";
import { parseTime } from "./period";
import { mergedRepeats } from "./repeats";
import { reportOf } from "./report";

const dayMs = 86_400_000;
/** How long ClickHouse may take to say that it is there. */
const answerMs = 10_000;

const help = `
Compared are the numbers of each source's own count (source_seq: one count per source_id over all its facts; of market_trades one per symbol)
and the control totals it posted (fact control_totals). Numbers that came again are told from the Kafka offsets left without a row, so that they are
found whether or not their rows have been merged; how far back, is up to the topic's retention. An event that is refused is missing as well:
trading.dead_letters has it. Exit code 0: no difference; 1: differences; 2: it could not be told.
`;

interface Options {
    clickhouse: string;
    brokers: string;
    from?: Date;
    until?: Date;
}

async function pinged(client: ClickHouseClient): Promise<void> {
    const answer = await client.ping({ select: false, abort_signal: AbortSignal.timeout(answerMs) });
    if (!answer.success) throw answer.error;
}

async function reconcile({ clickhouse, brokers, from, until = new Date() }: Options): Promise<void> {
    const period = { from: from ?? new Date(until.getTime() - dayMs), until };
    if (period.from >= until)
        throw new Error(`--from must be before --until, found ${period.from.toISOString()} and ${until.toISOString()}`);
    // What goes wrong is thrown, and said in one line.
    const log = { level: ClickHouseLogLevel.OFF };
    const client = createClient({ url: clickhouse, application: "reconcile", request_timeout: 300_000, log });
    const kafka = createKafka({ clientId: "reconcile", brokers: brokers.split(","), retry: { retries: 2 } });
    const admin = kafka.admin();
    try {
        await requireAnswers([
            { name: "Kafka", address: brokers, ask: () => admin.connect() },
            { name: "ClickHouse", address: new URL(clickhouse).host, ask: () => pinged(client) },
        ]);
        const told = await differencesOf(client, period);
        let notLookedAt = 0;
        for (const measure of measures) {
            const repeats = await mergedRepeats(client, kafka, admin, measure, period);
            told.push(...repeats.found);
            notLookedAt += repeats.notLookedAt;
        }
        const differences = joined(told);
        process.stdout.write(reportOf(differences, period, await comparedIn(client, period)));
        if (notLookedAt > 0)
            process.stdout.write(
                `${String(notLookedAt)} more repeated messages were not looked at; ask for a shorter period\n`,
            );
        process.exitCode = differences.length > 0 ? 1 : 0;
    } finally {
        await Promise.all([client.close(), admin.disconnect()]);
    }
}

const command = new Command("npm run reconcile --")
    .description("Compares the facts with their sources' own numbers and control totals")
    .option(
        "--clickhouse <url>",
        "ClickHouse HTTP interface; environment CLICKHOUSE_URL",
        process.env["CLICKHOUSE_URL"] ?? "http://127.0.0.1:8123",
    )
    .option(
        "--brokers <list>",
        "Kafka brokers; environment KAFKA_BROKERS",
        process.env["KAFKA_BROKERS"] ?? "127.0.0.1:9092",
    )
    .option("--from <time>", "start of the period, by event_time (default: a day before its end)", parseTime)
    .option("--until <time>", "end of the period (default: now)", parseTime)
    .addHelpText("after", help)
    .action(reconcile);

runCommand(command);
