// `npm run replay`: a development tool that plays recorded market data to the collector, so that it runs unchanged without the venue.
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Speed } from "./clock";
import { loadRecordings } from "./recordings";
import { ReplayServer } from "./server";

const help = `
Development tool: it stands in for the venue and is no part of a deployment.

The collector runs unchanged against it:
  BINANCE_WS_URL=ws://127.0.0.1:9443 BINANCE_REST_URL=http://127.0.0.1:9443 SYMBOLS=BTCUSDT,XRPUSDT

Served: /stream?streams=<a>/<b>, /ws/<stream> and /api/v3/depth?symbol=<SYMBOL>&limit=<n>.
Times are re-based: start of the run + recorded gap / speed; the recorded time travels along. A recording starts when it is subscribed to,
and every subscription gets it from its first message: what is already past at once, the rest on the clock.
A run is known by its start and speed. Within a run an event sent twice is the same event; a new run is new data.
With speed max nothing waits, and each recording is squeezed into the minute before the start of the run.
`;

function speed(text: string): Speed {
    if (text === "max") return text;
    const factor = Number(text);
    if (!(factor > 0) || !Number.isFinite(factor)) throw new InvalidArgumentError("must be a number over 0, or max");
    return factor;
}

function port(text: string): number {
    const number = Number(text);
    if (!Number.isInteger(number) || number < 0 || number > 65535) throw new InvalidArgumentError("must be a port");
    return number;
}

function run(text: string): Date {
    const start = new Date(text);
    const days = (Date.now() - start.getTime()) / 86_400_000;
    if (Number.isNaN(days)) throw new InvalidArgumentError("must be a time like 2026-11-22T15:00:00.000Z");
    // Facts take events of the last 30 days, and up to a day ahead.
    if (days > 29 || days < -0.5)
        throw new InvalidArgumentError("must lie within the last 29 days, or the facts refuse its events");
    return start;
}

interface Options {
    recordings: string;
    port: number;
    speed: Speed;
    run?: Date;
}

async function serve({ recordings: folder, ...options }: Options): Promise<void> {
    const recordings = loadRecordings(resolve(folder));
    const report = (status: Record<string, unknown>): void => void process.stdout.write(`${JSON.stringify(status)}\n`);
    const server = new ReplayServer({ ...options, recordings, report });
    const chosen = await server.listen();
    const files = recordings.streams.map(({ file, streams, messages }) => ({
        file,
        streams,
        messages: messages.length,
    }));
    report({ status: "listening", url: `127.0.0.1:${chosen}`, speed: options.speed, recordings: files });
    for (const signal of ["SIGINT", "SIGTERM"]) {
        process.once(signal, () => void server.close().then(() => process.exit(0)));
    }
}

const command = new Command("npm run replay --")
    .description("Serves recorded market data over Binance's WebSocket and REST protocol (development tool)")
    .option(
        "--recordings <folder>",
        "folder of recordings; environment RECORDINGS",
        process.env["RECORDINGS"] ?? "../shared/data",
    )
    .option("--port <port>", "port on 127.0.0.1", port, 9443)
    .option("--speed <factor>", "how many times faster than recorded, or max", speed, 1)
    .option(
        "--run <time>",
        "start of the run; default: the first subscription. The same time again repeats the same run",
        run,
    )
    .addHelpText("after", help)
    .action((options: Options) => serve(options));

command.parseAsync().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
});
