// Events of realistic shape for measurements: quantities and level counts drawn from the recordings, prices a walk in ticks.
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { marketTrades, orderBookTicks, type Event } from "../../schema";

export type Trade = Event<typeof marketTrades>;
export type Tick = Event<typeof orderBookTicks>;

/** Folder of the recordings; see the README. */
export const recordings = process.env["RECORDINGS"] ?? resolve(__dirname, "../../../shared/data");

/** Whether the recordings are there; measurements and tests on real data need them. */
export const haveRecordings = existsSync(recordings);

/** Lines of a recording, parsed. */
export function recording(file: string): Record<string, unknown>[] {
    const lines = readFileSync(join(recordings, file), "utf8").trim().split("\n");
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Lehmer generator: the same seed, the same events. */
export function seeded(seed: number): () => number {
    let state = seed;
    return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const symbols = [
    "BTCUSDT",
    "ETHUSDT",
    "SOLUSDT",
    "XRPUSDT",
    "DOGEUSDT",
    "ADAUSDT",
    "AVAXUSDT",
    "LINKUSDT",
    "DOTUSDT",
    "LTCUSDT",
];
const iso = (ms: number): string => new Date(ms).toISOString();

function envelope(startMs: number): Pick<Trade, "event_time" | "source_id" | "origin"> {
    return { event_time: iso(startMs), source_id: "market-data/binance", origin: "live" };
}

/** `count` trades over ten symbols, about 40 a second each, as the recording has them. */
export function* trades(count: number, startMs: number, seed = 7): Generator<Trade> {
    const random = seeded(seed);
    const quantities = recording("binance-btcusdt-trade.jsonl").map((trade) => String(trade["q"]));
    const books = symbols.map((symbol, index) => ({
        symbol,
        id: 553287559 + index * 10_000_000,
        ticks: 3_943_248 >> index,
    }));
    let ms = startMs;
    for (let n = 0; n < count; n++) {
        ms += Math.round(-Math.log(random() + 1e-9) * 2.3);
        const book = books[Math.floor(random() * books.length)];
        if (book === undefined) continue;
        if (random() < 0.4) book.ticks += Math.floor(random() * 21) - 10;
        const event = {
            ...envelope(ms),
            source_seq: String(++book.id),
            venue: "binance",
            symbol: book.symbol,
            trade_id: String(book.id),
            price: (book.ticks / 100).toFixed(8),
            quantity: quantities[Math.floor(random() * quantities.length)] ?? "1",
            taker_side: random() < 0.5 ? ("buy" as const) : ("sell" as const),
        };
        yield { ...event, event_id: marketTrades.eventId(event) };
    }
}

type Levels = [price: string, quantity: string][];

/** Level counts, distances from the mid in ticks, and quantities of the recorded deltas. */
function depthShape(): { counts: number[]; distances: number[]; quantities: string[] } {
    const deltas = recording("bybit-xrpusdt-orderbook500.jsonl").slice(1);
    const sides = deltas.flatMap((line) => {
        const { b, a } = line["data"] as { b: Levels; a: Levels };
        return [b, a];
    });
    const levels = sides.flat();
    return {
        counts: sides.map((side) => side.length),
        distances: levels.map(([price]) => Math.abs(Math.round((Number(price) - 1.9534) * 10_000))),
        quantities: levels.map(([, quantity]) => quantity),
    };
}

/** `count` depth deltas over ten symbols every 100 ms; each level's distance and quantity is drawn from the recording. */
export function* ticks(count: number, startMs: number, seed = 7): Generator<Tick> {
    const random = seeded(seed);
    const { counts, distances, quantities } = depthShape();
    const draw = <T>(values: readonly T[], otherwise: T): T =>
        values[Math.floor(random() * values.length)] ?? otherwise;
    const mids = symbols.map(() => 19_534);
    let ms = startMs;
    for (let n = 0; n < count; n++) {
        const at = n % symbols.length;
        if (at === 0) ms += 100;
        const mid = (mids[at] = (mids[at] ?? 19_534) + Math.floor(random() * 3) - 1);
        const side = (sign: 1 | -1): Levels => {
            const chosen = new Set(Array.from({ length: draw(counts, 1) }, () => draw(distances, 0)));
            return [...chosen]
                .sort((a, b) => a - b)
                .map((d) => [((mid + sign * d) / 10_000).toFixed(4), draw(quantities, "1")]);
        };
        const id = String(20254870 + n);
        const event = {
            ...envelope(ms),
            source_seq: null,
            venue: "binance",
            symbol: symbols[at] ?? "BTCUSDT",
            kind: "delta" as const,
            first_update_id: id,
            final_update_id: id,
            bids: side(-1),
            asks: side(1),
        };
        yield { ...event, event_id: orderBookTicks.eventId(event) };
    }
}
