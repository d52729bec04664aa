// The recordings of a folder, recognised by what they contain, as messages of the venue's protocol with the times they were recorded at.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DepthSnapshot } from "../market-data/book";
import { isPayload, type Payload, readId, readLevels, readText } from "../market-data/payload";

/** A message to be sent. */
export interface Recorded {
    readonly payload: Payload;
    /** When it was recorded, epoch milliseconds. */
    readonly at: number;
}

/** A stream of one symbol. */
export interface StreamRecording {
    readonly file: string;
    readonly symbol: string;
    /** The venue's names of the streams it is served on. */
    readonly streams: readonly string[];
    /** Whether the payload goes in an array, as the venue sends all tickers. */
    readonly inArray: (stream: string) => boolean;
    readonly messages: readonly Recorded[];
    /** The order book before the first message, of depth recordings. */
    readonly initial?: BookRecording;
}

/** A book at a moment. */
export interface BookRecording {
    readonly file: string;
    readonly symbol: string;
    readonly snapshot: DepthSnapshot;
    readonly at: number;
}

/** All of a folder. */
export interface Recordings {
    readonly streams: readonly StreamRecording[];
    /** Books by symbol: the beginning of a depth recording, or a snapshot recorded alone. */
    readonly books: ReadonlyMap<string, BookRecording>;
}

const never = (): boolean => false;

function parse(file: string, text: string): Payload[] {
    const lines = file.endsWith(".jsonl") ? text.split("\n").filter((line) => line !== "") : [text];
    return lines.map((line, index) => {
        const value: unknown = JSON.parse(line);
        if (!isPayload(value))
            throw new Error(`replay: ${file} line ${index + 1} is not a JSON object; remove the file`);
        return value;
    });
}

function streamOf(file: string, payloads: Payload[], suffix: string, timeField: string): StreamRecording {
    const symbol = readText(payloads[0] ?? {}, "s");
    const own = `${symbol.toLowerCase()}@${suffix}`;
    const all = suffix === "miniTicker" ? ["!miniTicker@arr"] : [];
    return {
        file,
        symbol,
        streams: [own, ...all],
        inArray: (stream) => all.includes(stream),
        messages: payloads.map((payload) => ({ payload, at: readId(payload, timeField) })),
    };
}

/** Bybit's `orderbook` stream in Binance's words: its update ids grow by one per message, so U = u. */
function translateBybit(file: string, payloads: Payload[]): StreamRecording {
    const [first, ...deltas] = payloads.map((payload) => {
        const { data } = payload;
        if (!isPayload(data)) throw new Error(`replay: ${file} holds a message without data; remove the file`);
        return { type: payload["type"], data, at: readId(payload, "ts") };
    });
    if (first?.type !== "snapshot" || deltas.some(({ type }) => type !== "delta")) {
        throw new Error(`replay: ${file} must be one snapshot followed by deltas; cut it so`);
    }
    const symbol = readText(first.data, "s");
    const book = (data: Payload): { b: [string, string][]; a: [string, string][] } => ({
        b: readLevels(data, "b"),
        a: readLevels(data, "a"),
    });
    const messages = deltas.map(({ data, at }) => {
        const id = readId(data, "u");
        return { at, payload: { e: "depthUpdate", E: at, s: symbol, U: id, u: id, ...book(data) } };
    });
    const { b: bids, a: asks } = book(first.data);
    const initial = { file, symbol, at: first.at, snapshot: { lastUpdateId: readId(first.data, "u"), bids, asks } };
    const name = symbol.toLowerCase();
    return { file, symbol, streams: [`${name}@depth`, `${name}@depth@100ms`], inArray: never, messages, initial };
}

function snapshotOf(file: string, payload: Payload): BookRecording {
    const symbol = /-([a-z0-9]+)-depth-snapshot\.json$/.exec(file)?.[1]?.toUpperCase();
    if (symbol === undefined)
        throw new Error(`replay: ${file} must be named <venue>-<symbol>-depth-snapshot.json; rename it`);
    const snapshot = {
        lastUpdateId: readId(payload, "lastUpdateId"),
        bids: readLevels(payload, "bids"),
        asks: readLevels(payload, "asks"),
    };
    return { file, symbol, snapshot, at: readId(payload, "recorded_at") };
}

function recognise(file: string, payloads: Payload[]): StreamRecording | BookRecording {
    const first = payloads[0] ?? {};
    if (first["e"] === "trade") return streamOf(file, payloads, "trade", "E");
    if (first["e"] === "24hrMiniTicker") return streamOf(file, payloads, "miniTicker", "E");
    if (typeof first["topic"] === "string" && first["topic"].startsWith("orderbook."))
        return translateBybit(file, payloads);
    if ("lastUpdateId" in first) return snapshotOf(file, first);
    if ("b" in first && "B" in first) return streamOf(file, payloads, "bookTicker", "recorded_at");
    throw new Error(
        `replay: ${file} is no recording known here, it starts with ${JSON.stringify(first).slice(0, 80)}; remove the file`,
    );
}

/**
 * Loads the recordings (*.jsonl, *.json) of a folder.
 * @throws Error naming the folder or file that is not as it should be.
 */
export function loadRecordings(folder: string): Recordings {
    if (!existsSync(folder)) throw new Error(`replay: there is no folder ${folder}; set RECORDINGS or --recordings`);
    const streams: StreamRecording[] = [];
    const books = new Map<string, BookRecording>();
    for (const file of readdirSync(folder).sort()) {
        if (!/\.jsonl?$/.test(file)) continue;
        const recording = recognise(file, parse(file, readFileSync(join(folder, file), "utf8")));
        if ("messages" in recording) streams.push(recording);
        else books.set(recording.symbol, recording);
    }
    for (const { symbol, initial } of streams) if (initial !== undefined) books.set(symbol, initial);
    if (streams.length === 0)
        throw new Error(`replay: no recordings (*.jsonl) in ${folder}; set RECORDINGS or --recordings`);
    return { streams, books };
}
