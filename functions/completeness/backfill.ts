// `npm run backfill -- --fact F --file X`: loads history into a fact, marked as such; running it again changes nothing.
import { stat } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { catalogue, type Declaration } from "../../schema";
import { runCommand } from "../shared/commandLine";
import { Delivery, StoppedError } from "../shared/delivery";
import { KafkaSink } from "../shared/kafka";
import { createKafka } from "../shared/kafkajs";
import { createLog } from "../shared/log";
import { requireAnswers } from "./answers";
import { type Count, linesOf, Loader } from "./loader";

const progressMs = 2_000;

const help = `
The file holds one event a line, as JSON in the form of the fact's topic; see the catalogue in schema/. event_id and origin may be left out: the one follows
from the event, the other becomes backfill. Every line is checked by the catalogue; a refused one is told on the error output with its number and
reasons, and the others are sent. Events are acknowledged by all replicas; after an interruption run it again: what is there already stays
as it is. Exit code 0: every line was sent; 1: some were refused; 2: it could not go on.
`;

interface Options {
    fact: Declaration;
    file: string;
    brokers: string;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function declarationOf(name: string): Declaration {
    const found = catalogue.find((declaration) => declaration.name === name);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(
        `there is none of this name; the catalogue has ${catalogue.map((each) => each.name).join(", ")}`,
    );
}

/** How far a run is, said now and then. */
function progress({ count }: Loader, share: () => number, trouble: () => string | undefined): NodeJS.Timeout {
    const began = Date.now();
    return setInterval(() => {
        const perSecond = Math.round((count.sent * 1000) / (Date.now() - began));
        const away = trouble();
        say(
            `${(100 * share()).toFixed(0)}%: ${String(count.sent)} sent, ${String(count.refused)} refused, ${String(perSecond)}/s` +
                (away === undefined ? "" : `; Kafka: ${away}`),
        );
    }, progressMs);
}

function summary({ name, retentionDays }: Declaration, { sent, refused, late }: Count): string {
    const old =
        late === 0
            ? ""
            : `; ${String(late)} are older than the ${String(retentionDays)} days the fact keeps by default, and may be set aside as late`;
    return `${name}: ${String(sent)} events sent, ${String(refused)} lines refused${old}\n`;
}

/** Kafka may go away later, which is waited for; where it never was, nothing will come of waiting. */
async function visit(brokers: string[]): Promise<void> {
    const admin = createKafka({ clientId: "backfill", brokers, retry: { retries: 2 } }).admin();
    await admin.connect();
    await admin.disconnect();
}

async function backfill({ fact, file, brokers }: Options): Promise<void> {
    const { size } = await stat(file)
        .then((found) => (found.isDirectory() ? Promise.reject(new Error("it is a folder")) : found))
        .catch((error: unknown) => {
            throw new Error(`cannot read ${file}: ${(error as Error).message}`, { cause: error });
        });
    await requireAnswers([{ name: "Kafka", address: brokers, ask: () => visit(brokers.split(",")) }]);
    const log = createLog("backfill", "error");
    const sink = new KafkaSink("backfill", brokers.split(","), log);
    const delivery = new Delivery(sink, log);
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => stop.abort());
    const loader = new Loader(fact, delivery, stop.signal, (line, reasons) =>
        say(`line ${String(line)}: ${reasons.join("; ")}`),
    );
    let bytesRead = 0;
    const timer = progress(loader, () => bytesRead / Math.max(1, size), delivery.problem);
    const { count } = loader;
    try {
        for await (const { lines, bytes } of linesOf(file)) {
            await loader.load(lines);
            bytesRead = bytes;
        }
    } catch (error) {
        if (!(error instanceof StoppedError)) throw error;
        const so = `stopped after line ${String(count.lines)}, ${String(count.sent)} events sent`;
        throw new Error(`${so}; run it again, what is there stays`, { cause: error });
    } finally {
        clearInterval(timer);
        await sink.close();
    }
    process.stdout.write(summary(fact, count));
    process.exitCode = count.refused > 0 ? 1 : 0;
}

const command = new Command("npm run backfill --")
    .description("Loads history into a fact or reference, marked origin backfill")
    .requiredOption("--fact <name>", "fact or reference of the catalogue", declarationOf)
    .requiredOption("--file <path>", "events, one JSON document a line")
    .option(
        "--brokers <list>",
        "Kafka brokers; environment KAFKA_BROKERS",
        process.env["KAFKA_BROKERS"] ?? "127.0.0.1:9092",
    )
    .addHelpText("after", help)
    .action(backfill);

runCommand(command);
