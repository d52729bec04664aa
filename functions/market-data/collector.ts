// The collector's centre: takes frames and snapshots in, gives events to the publisher, and notices everything that is missing between them.
import {
    bookTickers,
    marketTickers,
    marketTrades,
    orderBookTicks,
    sourceNotices,
    type Declaration,
} from "../../schema";
import { type Loss } from "../shared/losses";
import { type Logger, sampler } from "../shared/log";
import { notice, type NoticeBody } from "../shared/notices";
import { type AnyEvent, type EventPublisher } from "../shared/publisher";
import { type Outage } from "./connection";
import { type Decoded, decodeFrame, decodeSnapshot, type Source } from "./decode";
import { type Outcome } from "./book";
import { type CollectorMetrics } from "./metrics";
import { type Gap, SymbolState } from "./symbols";

/** The streams of the symbols, as a path under the venue's base URL. */
export function streamPath(symbols: readonly string[]): string {
    const streams = symbols
        .map((symbol) => symbol.toLowerCase())
        .flatMap((symbol) => [`${symbol}@trade`, `${symbol}@bookTicker`, `${symbol}@depth@100ms`]);
    return `/stream?streams=${["!miniTicker@arr", ...streams].map(encodeURI).join("/")}`;
}

/** How long a book may be out of step before the health page says so. */
const patienceMs = 60_000;
/** Malformed payloads are told as one notice per type and minute. */
const malformedEveryMs = 60_000;

/** The facts that the venue's event types become. */
const factOf: Readonly<Record<string, string>> = {
    "24hrMiniTicker": marketTickers.name,
    trade: marketTrades.name,
    bookTicker: bookTickers.name,
    depthUpdate: orderBookTicks.name,
};

export interface CollectorParts {
    readonly source: Source;
    readonly symbols: readonly string[];
    readonly publisher: EventPublisher;
    /** Asks for a snapshot of a symbol. */
    readonly requestSnapshot: (symbol: string) => void;
    readonly metrics: CollectorMetrics;
    readonly log: Logger;
}

/** Turns what the venue sends into events. Nothing here waits: a frame is done when its function returns. */
export class Collector {
    private readonly states = new Map<string, SymbolState>();
    private readonly malformed = new Map<string, { count: number; reason: string }>();
    private readonly sampled = sampler(5_000);
    private malformedTimer: NodeJS.Timeout | undefined;

    constructor(private readonly parts: CollectorParts) {
        for (const symbol of parts.symbols) this.states.set(symbol, new SymbolState(null));
        parts.metrics.countBooks(
            () => [...this.states.values()].filter(({ bookLostSince }) => bookLostSince === undefined).length,
        );
    }

    /** For the health page: books that have been out of step for a while. */
    readonly problem = (): string | undefined => {
        const lost = [...this.states].filter(
            ([, { bookLostSince: since }]) => since !== undefined && Date.now() - since > patienceMs,
        );
        return lost.length === 0 ? undefined : `order books out of step: ${lost.map(([symbol]) => symbol).join(", ")}`;
    };

    /** A text frame of the venue, received at `receivedAt` (epoch milliseconds). True when the venue says it will close the connection. */
    onFrame(text: string, receivedAt: number): boolean {
        this.parts.metrics.frames.inc();
        let shutdown = false;
        for (const decoded of decodeFrame(text, this.parts.source, receivedAt)) {
            if (decoded.is === "serverShutdown") shutdown = true;
            else this.take(decoded, receivedAt);
        }
        return shutdown;
    }

    /** A connection is up: every symbol gets a snapshot, as the start of its book or as a fresh one to rebuild it from. */
    onOpen(outage: Outage | undefined): void {
        this.parts.metrics.connections.inc();
        if (outage !== undefined) {
            const { reason, since, detail } = outage;
            const now = new Date();
            this.notify({
                fact: "*",
                kind: "reconnected",
                first: since.toISOString(),
                last: now.toISOString(),
                detail: `no connection for ${now.getTime() - since.getTime()} ms (${reason}, ${detail}); what the venue sent meanwhile is missing`,
            });
        }
        for (const symbol of this.parts.symbols) this.parts.requestSnapshot(symbol);
    }

    /**
     * The answer to a snapshot request.
     * @throws Error when another one is needed.
     */
    onSnapshot(symbol: string, answer: unknown, receivedAt: number): void {
        const { event, snapshot } = decodeSnapshot(answer, symbol, this.parts.source, receivedAt);
        const state = this.state(symbol, event.run_id ?? null);
        const before = state.book.lastUpdateId;
        const outcome = state.book.onSnapshot(snapshot);
        if (outcome.is === "stale") {
            throw new Error(
                `market-data: snapshot ${snapshot.lastUpdateId} of ${symbol} is older than the buffered updates`,
            );
        }
        this.parts.metrics.snapshots.inc();
        if (before !== snapshot.lastUpdateId) this.parts.publisher.publish(orderBookTicks, event);
        if (outcome.is === "synced" && before === undefined) this.resynced(symbol, state, event);
        this.afterBook(symbol, state, event, outcome);
    }

    /** Events were dropped on their way to Kafka: books whose updates are among them need a new start in the facts. */
    onLosses(losses: readonly Loss[]): void {
        const symbols = losses.filter(({ fact }) => fact === orderBookTicks.name).map(({ key }) => key.split("|")[1]);
        for (const symbol of new Set(symbols)) {
            if (symbol !== undefined && this.parts.symbols.includes(symbol)) this.parts.requestSnapshot(symbol);
        }
    }

    /** Says what is not said yet. */
    stop(): void {
        clearTimeout(this.malformedTimer);
        this.tellMalformed();
    }

    private take(decoded: Exclude<Decoded, { is: "serverShutdown" }>, receivedAt: number): void {
        switch (decoded.is) {
            case "ticker":
                this.publish(marketTickers, decoded.event, receivedAt);
                break;
            case "trade":
                this.onTrade(decoded, receivedAt);
                break;
            case "bookTicker":
                if (this.stateOf(decoded.event).isNewBookTicker(decoded.updateId)) {
                    this.publish(bookTickers, decoded.event, receivedAt);
                } else this.parts.metrics.repeated.inc();
                break;
            case "depth":
                this.onDepth(decoded, receivedAt);
                break;
            case "unknown":
                this.parts.metrics.unknown.inc({ type: this.parts.metrics.typeLabel(decoded.type) });
                this.sampled((held) =>
                    this.parts.log.warn({ type: decoded.type, held }, "unknown event type from the venue"),
                );
                break;
            case "malformed":
                this.onMalformed(decoded.type, decoded.reason);
                break;
        }
    }

    private publish(declaration: Declaration, event: AnyEvent, receivedAt: number): void {
        if (event.origin === "live") {
            const lagMs = receivedAt - Date.parse(event.event_time);
            this.parts.metrics.lag.observe({ fact: declaration.name }, Math.max(0, lagMs) / 1000);
        }
        this.parts.publisher.publish(declaration, event);
    }

    private onTrade(decoded: Extract<Decoded, { is: "trade" }>, receivedAt: number): void {
        const { event, tradeId } = decoded;
        const gap = this.stateOf(event).trade(tradeId);
        if (gap !== undefined) this.onGap(marketTrades, event, gap, "trade ids");
        this.publish(marketTrades, event, receivedAt);
    }

    private onDepth(decoded: Extract<Decoded, { is: "depth" }>, receivedAt: number): void {
        const { event, update } = decoded;
        const state = this.stateOf(event);
        // Published whatever the state of the book here: a delta is a fact, and whoever rebuilds a book goes by the update ids.
        this.publish(orderBookTicks, event, receivedAt);
        this.afterBook(event.symbol, state, event, state.book.onUpdate(update));
    }

    private afterBook(
        symbol: string,
        state: SymbolState,
        event: AnyEvent & { symbol: string },
        outcome: Outcome,
    ): void {
        if (outcome.is === "gap") {
            state.bookLostSince = Date.now();
            this.onGap(orderBookTicks, event, outcome, "update ids");
            this.parts.requestSnapshot(symbol);
        }
    }

    private resynced(symbol: string, state: SymbolState, event: AnyEvent): void {
        const since = state.bookLostSince;
        state.bookLostSince = undefined;
        this.notifyOf(event, {
            fact: orderBookTicks.name,
            kind: "resync",
            symbol,
            first: String(state.book.lastUpdateId),
            detail: `order book of ${symbol} in step from here on, out of step since ${new Date(since ?? Date.now()).toISOString()}`,
        });
    }

    private onGap(declaration: Declaration, event: AnyEvent & { symbol: string }, gap: Gap, what: string): void {
        this.parts.metrics.gaps.inc({ fact: declaration.name });
        this.notifyOf(event, {
            fact: declaration.name,
            kind: "gap",
            symbol: event.symbol,
            first: String(gap.from),
            last: String(gap.to),
            events: declaration === (marketTrades as Declaration) ? String(gap.to - gap.from + 1) : null,
            detail: `${what} ${gap.from} to ${gap.to} of ${event.symbol} were never received`,
        });
    }

    private onMalformed(type: string, reason: string): void {
        const label = this.parts.metrics.typeLabel(type);
        this.parts.metrics.malformed.inc({ type: label });
        this.sampled((held) => this.parts.log.warn({ type, reason, held }, "malformed payload from the venue"));
        this.malformed.set(label, { count: (this.malformed.get(label)?.count ?? 0) + 1, reason });
        this.malformedTimer ??= setTimeout(() => this.tellMalformed(), malformedEveryMs);
    }

    private tellMalformed(): void {
        this.malformedTimer = undefined;
        for (const [type, { count, reason }] of this.malformed) {
            const detail = `${count} payloads of type ${type} could not be read, the last one: ${reason}`;
            this.notify({ fact: factOf[type] ?? "*", kind: "malformed", events: String(count), detail });
        }
        this.malformed.clear();
    }

    /** A notice about replayed data is itself of that replay. */
    private notifyOf(event: AnyEvent, body: Omit<NoticeBody, "origin" | "run_id">): void {
        const origin = event.origin as NonNullable<NoticeBody["origin"]>;
        this.notify({ ...body, origin, run_id: event.run_id ?? null });
    }

    private notify(body: NoticeBody): void {
        const { source, publisher, log } = this.parts;
        const event = notice(source.sourceId, new Date(), { ...body, venue: source.venue });
        log.warn({ kind: event.kind, fact: event.fact, symbol: event.symbol }, event.detail);
        publisher.publish(sourceNotices, event);
    }

    private stateOf(event: AnyEvent & { symbol: string }): SymbolState {
        return this.state(event.symbol, event.run_id ?? null);
    }

    /** The state of a symbol; another run starts its numbers anew, and needs a snapshot of its own. */
    private state(symbol: string, run: string | null): SymbolState {
        let state = this.states.get(symbol);
        if (state?.run !== run) {
            state = new SymbolState(run);
            this.states.set(symbol, state);
        }
        return state;
    }
}
