// From the venue's frames to events, without side effects: what a frame says, and what in it could not be understood.
import { bookTickers, type Event, marketTickers, marketTrades, orderBookTicks } from "../../schema";
import { type DepthSnapshot, type DepthUpdate } from "./book";
import {
    isoTime,
    isPayload,
    MalformedError,
    type Payload,
    readDecimal,
    readFlag,
    readId,
    readLevels,
    readMoment,
    readText,
    readTime,
} from "./payload";

/** Who decodes: fills `venue` and `source_id`. */
export interface Source {
    readonly venue: string;
    readonly sourceId: string;
}

/** A decoded event, with the venue's number that puts it in order among its symbol's. */
export type Decoded =
    | { readonly is: "ticker"; readonly event: Event<typeof marketTickers> }
    | { readonly is: "trade"; readonly event: Event<typeof marketTrades>; readonly tradeId: number }
    | { readonly is: "bookTicker"; readonly event: Event<typeof bookTickers>; readonly updateId: number }
    | { readonly is: "depth"; readonly event: Event<typeof orderBookTicks>; readonly update: DepthUpdate }
    | { readonly is: "serverShutdown" }
    /** An event type nobody told us of, e.g. a new one of the venue. */
    | { readonly is: "unknown"; readonly type: string }
    | { readonly is: "malformed"; readonly type: string; readonly reason: string };

/** The envelope without what depends on the fact; replayed payloads say so themselves. */
function envelope(
    payload: Payload,
    source: Source,
    time: string,
): Pick<Event<typeof marketTrades>, "event_time" | "source_id" | "source_seq" | "origin" | "run_id" | "original_time"> {
    const common = { source_id: source.sourceId, source_seq: null };
    const { replay } = payload;
    if (replay === undefined) return { ...common, event_time: time, origin: "live", run_id: null, original_time: null };
    if (!isPayload(replay)) throw new MalformedError("replay: not an object");
    return {
        ...common,
        event_time: readMoment(replay, "time"),
        origin: "replay",
        run_id: readText(replay, "run"),
        original_time: readMoment(replay, "originalTime"),
    };
}

function ticker(payload: Payload, source: Source): Decoded {
    const event = {
        ...envelope(payload, source, readTime(payload, "E")),
        venue: source.venue,
        symbol: readText(payload, "s"),
        last_price: readDecimal(payload, "c"),
        open_price: readDecimal(payload, "o"),
        high_price: readDecimal(payload, "h"),
        low_price: readDecimal(payload, "l"),
        base_volume: readDecimal(payload, "v"),
        quote_volume: readDecimal(payload, "q"),
    };
    return { is: "ticker", event: { ...event, event_id: marketTickers.eventId(event) } };
}

function trade(payload: Payload, source: Source): Decoded {
    const tradeId = readId(payload, "t");
    const event = {
        ...envelope(payload, source, readTime(payload, "T")),
        // Trade ids of a symbol are consecutive: the venue's own gapless number.
        source_seq: String(tradeId),
        venue: source.venue,
        symbol: readText(payload, "s"),
        trade_id: String(tradeId),
        price: readDecimal(payload, "p"),
        quantity: readDecimal(payload, "q"),
        taker_side: readFlag(payload, "m") ? ("sell" as const) : ("buy" as const),
    };
    return { is: "trade", event: { ...event, event_id: marketTrades.eventId(event) }, tradeId };
}

function bookTicker(payload: Payload, source: Source, receivedAt: number): Decoded {
    const updateId = readId(payload, "u");
    const event = {
        // The venue gives no time here; the moment of receipt is the best there is.
        ...envelope(payload, source, isoTime(receivedAt)),
        venue: source.venue,
        symbol: readText(payload, "s"),
        update_id: String(updateId),
        bid_price: readDecimal(payload, "b"),
        bid_quantity: readDecimal(payload, "B"),
        ask_price: readDecimal(payload, "a"),
        ask_quantity: readDecimal(payload, "A"),
    };
    return { is: "bookTicker", event: { ...event, event_id: bookTickers.eventId(event) }, updateId };
}

function depth(payload: Payload, source: Source): Decoded {
    const update = {
        first: readId(payload, "U"),
        final: readId(payload, "u"),
        bids: readLevels(payload, "b"),
        asks: readLevels(payload, "a"),
    };
    if (update.final < update.first) throw new MalformedError(`u: below U, found ${update.final} < ${update.first}`);
    const event = {
        ...envelope(payload, source, readTime(payload, "E")),
        venue: source.venue,
        symbol: readText(payload, "s"),
        kind: "delta" as const,
        first_update_id: String(update.first),
        final_update_id: String(update.final),
        bids: update.bids,
        asks: update.asks,
    };
    return { is: "depth", event: { ...event, event_id: orderBookTicks.eventId(event) }, update };
}

function typeOf(payload: Payload): string {
    if (typeof payload["e"] === "string") return payload["e"];
    // The only stream without an event type.
    return "u" in payload && "B" in payload && "A" in payload ? "bookTicker" : "untyped";
}

function decodePayload(payload: unknown, source: Source, receivedAt: number): Decoded {
    if (!isPayload(payload)) return { is: "malformed", type: "untyped", reason: "not an object" };
    const type = typeOf(payload);
    try {
        switch (type) {
            case "24hrMiniTicker":
                return ticker(payload, source);
            case "trade":
                return trade(payload, source);
            case "bookTicker":
                return bookTicker(payload, source, receivedAt);
            case "depthUpdate":
                return depth(payload, source);
            case "serverShutdown":
                return { is: "serverShutdown" };
            default:
                return { is: "unknown", type: type.slice(0, 40) };
        }
    } catch (error) {
        if (error instanceof MalformedError) return { is: "malformed", type, reason: error.message };
        throw error;
    }
}

/** Decodes a text frame of a raw or combined stream. `receivedAt` in epoch milliseconds. Never throws. */
export function decodeFrame(frame: string, source: Source, receivedAt: number): Decoded[] {
    let parsed: unknown;
    try {
        parsed = JSON.parse(frame);
    } catch {
        return [{ is: "malformed", type: "untyped", reason: "not JSON" }];
    }
    const combined = isPayload(parsed) && "stream" in parsed && "data" in parsed;
    const data = combined ? (parsed as Payload)["data"] : parsed;
    const payloads: unknown[] = Array.isArray(data) ? data : [data];
    return payloads.map((payload) => decodePayload(payload, source, receivedAt));
}

/** A snapshot of the REST interface, as event and for the book. */
export interface DecodedSnapshot {
    readonly event: Event<typeof orderBookTicks>;
    readonly snapshot: DepthSnapshot;
}

/**
 * Decodes the answer of /api/v3/depth; it names neither symbol nor time.
 * @throws MalformedError when it is not a snapshot.
 */
export function decodeSnapshot(answer: unknown, symbol: string, source: Source, receivedAt: number): DecodedSnapshot {
    if (!isPayload(answer)) throw new MalformedError("snapshot: not an object");
    const snapshot = {
        lastUpdateId: readId(answer, "lastUpdateId"),
        bids: readLevels(answer, "bids"),
        asks: readLevels(answer, "asks"),
    };
    const event = {
        ...envelope(answer, source, isoTime(receivedAt)),
        venue: source.venue,
        symbol,
        kind: "snapshot" as const,
        first_update_id: String(snapshot.lastUpdateId),
        final_update_id: String(snapshot.lastUpdateId),
        bids: snapshot.bids,
        asks: snapshot.asks,
    };
    return { event: { ...event, event_id: orderBookTicks.eventId(event) }, snapshot };
}
