// The way into Kafka for posts and scores: nothing counts as done before the broker has it, and nothing is dropped while it is away.
import { type Declaration } from "../../schema";
import { fullJitter, pause } from "../shared/backoff";
import { type Message, type MessageSink, RefusedError } from "../shared/kafka";
import { type Logger } from "../shared/log";
import { type AnyEvent } from "../shared/publisher";

const retryBaseMs = 100;
const retryCapMs = 5_000;
/** How long Kafka may be away before the worker counts as unhealthy. */
const patienceMs = 15_000;

/** Stopped before Kafka took everything; what is missing comes again after the restart. */
export class Undelivered extends Error {
    override readonly name = "Undelivered";
}

/** Sends events and waits for the broker's word. */
export class Delivery {
    private line: Promise<unknown> = Promise.resolve();
    private failing: { since: number; why: string } | undefined;

    constructor(
        private readonly sink: MessageSink,
        private readonly log: Logger,
        private readonly stopped: AbortSignal,
    ) {}

    /** For the health page: Kafka away for longer than a restart takes. */
    readonly problem = (): string | undefined => {
        if (this.failing === undefined || Date.now() - this.failing.since < patienceMs) return undefined;
        return `no acknowledgement since ${new Date(this.failing.since).toISOString()}, ${this.failing.why}`;
    };

    /**
     * Resolves when Kafka has acknowledged every event; waits as long as that takes.
     * @throws Undelivered at shutdown.
     * @throws RefusedError when the broker will never take one of them.
     */
    deliver(declaration: Declaration, events: readonly AnyEvent[]): Promise<void> {
        const messages = events.map((event) => ({
            topic: declaration.topic.name,
            key: declaration.kafkaKey(event),
            value: JSON.stringify(event),
        }));
        // The sink takes one batch at a time, and crawler and scorers share it.
        const turn = this.line.then(() => this.send(messages));
        this.line = turn.catch(() => undefined);
        return turn;
    }

    private async send(messages: readonly Message[]): Promise<void> {
        if (messages.length === 0) return;
        for (let attempt = 0; !this.stopped.aborted; attempt += 1) {
            try {
                await this.sink.send(messages);
                if (this.failing !== undefined) this.log.info("Kafka is back");
                this.failing = undefined;
                return;
            } catch (error) {
                if (error instanceof RefusedError) throw error;
                const why = error instanceof Error ? error.message : String(error);
                if (this.failing === undefined) this.log.warn({ why }, "Kafka does not answer, waiting");
                this.failing = { since: this.failing?.since ?? Date.now(), why };
                await pause(fullJitter(attempt, retryBaseMs, retryCapMs), this.stopped);
            }
        }
        throw new Undelivered("stopped while Kafka was away");
    }
}
