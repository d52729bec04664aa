// One recording played to one subscriber: from its first message, each at its time or at once when that has passed.
import { type WebSocket } from "ws";
import { pause } from "../shared/backoff";
import { OrderBook } from "../market-data/book";
import { type Payload } from "../market-data/payload";
import { type RunClock } from "./clock";
import { type BookRecording, type Recorded, type StreamRecording } from "./recordings";

/** Unsent bytes at which a slow client is waited for. */
const highWaterBytes = 1024 * 1024;
/** A client that does not ask for the book is sent the updates after this long: it may be waiting for the first one. */
const snapshotPatienceMs = 5_000;
/** Messages sent without pause before other work gets its turn. */
const burst = 100;

/** A payload with its times re-based, and marked as replayed. `E` and `T` are whole milliseconds, as the venue sends them. */
export function rebased(
    payload: Payload,
    at: number,
    recording: { start: number; span: number },
    clock: RunClock,
): Payload {
    const moved = (epochMs: number): number => clock.time(epochMs - recording.start, recording.span);
    const times = Object.fromEntries(
        ["E", "T"].flatMap((field) => {
            const value = payload[field];
            return typeof value === "number" ? [[field, Math.floor(moved(value))]] : [];
        }),
    );
    // Of a trade the venue's trade time counts, everywhere else the time of the message.
    const original = typeof payload["T"] === "number" ? payload["T"] : at;
    return { ...payload, ...times, replay: { run: clock.id, originalTime: original, time: moved(original) } };
}

/** First moment and length of a recording, milliseconds. */
export function extent(recording: StreamRecording): { start: number; span: number } {
    const start = recording.initial?.at ?? recording.messages[0]?.at ?? 0;
    return { start, span: (recording.messages.at(-1)?.at ?? start) - start };
}

/** The book of a symbol at the moment `at`, as the REST interface gives it. */
export function bookAnswer(
    book: OrderBook,
    lastUpdateId: number,
    at: number,
    position: { start: number; span: number },
    clock: RunClock,
    limit: number,
): Payload {
    return rebased({ lastUpdateId, ...book.top(limit) }, at, position, clock);
}

/** A recording on its way to a subscriber. */
export class Playback {
    /** Messages sent so far. */
    sent = 0;
    private readonly book = new OrderBook();
    private lastUpdateId = 0;
    private at = 0;
    private readonly extent: { start: number; span: number };
    private release: () => void = () => undefined;

    constructor(
        readonly recording: StreamRecording,
        private readonly frame: (payload: Payload) => string,
        private readonly socket: WebSocket,
        private readonly clock: RunClock,
    ) {
        this.extent = extent(recording);
        if (recording.initial !== undefined) this.begin(recording.initial);
    }

    private begin({ snapshot, at }: BookRecording): void {
        this.book.reset(snapshot);
        this.lastUpdateId = snapshot.lastUpdateId;
        this.at = at;
    }

    /** The book as of what was sent to this subscriber. Asking for it lets the updates begin. */
    snapshot(limit: number): Payload {
        this.release();
        return bookAnswer(this.book, this.lastUpdateId, this.at, this.extent, this.clock, limit);
    }

    /** Plays to the end; false when `gone` came first. */
    async play(gone: AbortSignal): Promise<boolean> {
        // So that the whole recording can be rebuilt from its first book, the updates begin when the client has asked for it.
        if (this.recording.initial !== undefined) await this.askedForBook(gone);
        for (const message of this.recording.messages) {
            const payload = rebased(message.payload, message.at, this.extent, this.clock);
            const wait = this.clock.wait(this.clock.time(message.at - this.extent.start, this.extent.span));
            if (wait > 0) await pause(wait, gone);
            else if (this.sent % burst === burst - 1) await new Promise(setImmediate);
            if (gone.aborted) return false;
            await this.send(this.frame(payload));
            this.advance(message);
        }
        return !gone.aborted;
    }

    private async askedForBook(gone: AbortSignal): Promise<void> {
        const asked = new AbortController();
        this.release = () => asked.abort();
        await pause(snapshotPatienceMs, AbortSignal.any([asked.signal, gone]));
    }

    private async send(text: string): Promise<void> {
        if (this.socket.bufferedAmount < highWaterBytes) {
            this.socket.send(text);
            return;
        }
        await new Promise<void>((resolve) => this.socket.send(text, () => resolve()));
    }

    private advance({ payload, at }: Recorded): void {
        this.sent += 1;
        if (this.recording.initial === undefined) return;
        this.book.apply({ bids: payload["b"] as [string, string][], asks: payload["a"] as [string, string][] });
        this.lastUpdateId = payload["u"] as number;
        this.at = at;
    }
}
