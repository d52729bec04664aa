// Out of the simulation into Kafka: as fast as Kafka takes it, at a set rate, or each event when its time has come; nothing is dropped, the simulation waits.
import { pause } from "../shared/backoff";
import { type Delivery } from "../shared/delivery";
import { type SimulatedEvent } from "./core/journal";
import { controlTotalEvents, Ledger } from "./ledger";

/** Events delivered together: enough for full messages of every symbol, little to hold in memory. */
const together = 8_000;
/** At a set rate, batches come this often. */
const beatSeconds = 0.1;

export interface SendOptions {
    readonly run: string;
    /** Events per second; 0: as fast as it goes. */
    readonly rate: number;
    /** Each event goes out when its time has come, what is past at once. */
    readonly live?: boolean;
    /** Ends the simulation early: what is made is still delivered, with its control totals. */
    readonly stop: AbortSignal;
    /** Gives up delivering. */
    readonly abandon: AbortSignal;
    /** Told after each batch how many events Kafka has acknowledged, and the time of the last. */
    readonly progress: (events: number, at: string) => void;
}

/** Gathers batches into ones of at least `size` events. */
function* gathered(batches: Iterable<SimulatedEvent[]>, size: number): Generator<SimulatedEvent[]> {
    let open: SimulatedEvent[] = [];
    for (const batch of batches) {
        for (const event of batch) {
            open.push(event);
            if (open.length < size) continue;
            yield open;
            open = [];
        }
    }
    if (open.length > 0) yield open;
}

/** Hands batches over when the last of their events is due; those that are overdue together. */
async function* due(batches: Iterable<SimulatedEvent[]>, stop: AbortSignal): AsyncGenerator<SimulatedEvent[]> {
    let open: SimulatedEvent[] = [];
    for (const batch of batches) {
        const early = Date.parse(batch.at(-1)?.event.event_time ?? "") - Date.now();
        if (early > 0 || open.length >= together) {
            if (open.length > 0) yield open;
            open = [];
        }
        if (early > 0) await pause(early, stop);
        open.push(...batch);
    }
    if (open.length > 0) yield open;
}

/** Delivers batches one after the other, making the next one while the last is under way. */
class Belt {
    private under: Promise<void> = Promise.resolve();
    private readonly began = performance.now();
    private sent = 0;

    constructor(
        private readonly delivery: Delivery,
        private readonly options: SendOptions,
    ) {}

    /** Resolves when the batch before is delivered, and this one due. */
    async put(events: readonly SimulatedEvent[]): Promise<void> {
        const { rate, stop } = this.options;
        await this.under;
        const early = rate === 0 ? 0 : this.began + (this.sent / rate) * 1_000 - performance.now();
        if (early > 0) await pause(early, stop);
        this.sent += events.length;
        this.under = this.deliver(events);
        // Whoever puts next, or ends, hears of a failure; until then it is not an unhandled one.
        this.under.catch(() => undefined);
    }

    /** Resolves when all is delivered. */
    async end(): Promise<void> {
        await this.under;
    }

    private async deliver(events: readonly SimulatedEvent[]): Promise<void> {
        const { abandon, progress } = this.options;
        const [refusal] = await this.delivery.deliver(events, abandon);
        if (refusal !== undefined) {
            const { name } = refusal.packet.declaration.topic;
            throw new Error(
                `simulator: Kafka refuses a message for ${name}: ${refusal.reason}; is the stack up to date?`,
            );
        }
        progress(this.sent, events.at(-1)?.event.event_time ?? "");
    }
}

/**
 * Sends a simulation, then the control totals of what was sent.
 * @returns the ledger of what Kafka has acknowledged
 * @throws StoppedError when `abandon` aborts before all is delivered
 */
export async function send(
    batches: Iterable<SimulatedEvent[]>,
    delivery: Delivery,
    options: SendOptions,
): Promise<Ledger> {
    const { rate, run, stop, live } = options;
    const ledger = new Ledger();
    const belt = new Belt(delivery, options);
    const size = rate === 0 ? together : Math.max(1, Math.min(together, Math.round(rate * beatSeconds)));
    for await (const events of live === true ? due(batches, stop) : gathered(batches, size)) {
        if (stop.aborted) break;
        for (const event of events) ledger.add(event);
        await belt.put(events);
    }
    const totals = [...controlTotalEvents(ledger, run)];
    for (const total of totals) ledger.add(total);
    await belt.put(totals);
    await belt.end();
    return ledger;
}
