// Between requests and Kafka: messages of requests that arrive together share a send, and each request hears when all of its own are acknowledged.
import { type Message, type MessageSink, RefusedError } from "../shared/kafka";
import { type Logger } from "../shared/log";

/** Bytes in one send: one record batch per partition, well under any topic's limit. */
const sendBytes = 1024 * 1024;

/** Kafka did not acknowledge in time or at all; the messages may have been written or not. */
export class UnavailableError extends Error {
    override readonly name = "UnavailableError";
}

/** Why the broker refuses a message, by the message's index; empty when all are acknowledged. */
export type Refusals = ReadonlyMap<number, string>;

/** Hears of each send. */
export interface CommitObserver {
    onSent(seconds: number): void;
    onFailure(): void;
    readonly log: Logger;
}

interface Commit {
    readonly messages: readonly Message[];
    /** Index of the first message that was not sent. */
    next: number;
    /** Messages acknowledged or refused. */
    settled: number;
    over: boolean;
    readonly refused: Map<number, string>;
    readonly end: (problem?: UnavailableError) => void;
}

interface Part {
    readonly commit: Commit;
    readonly index: number;
    readonly message: Message;
}

const bytesOf = ({ key, value }: Message): number => Buffer.byteLength(key) + Buffer.byteLength(value);

/** Sends one batch after the other; messages of one request, and of requests one after the other, keep their order. */
export class Committer {
    private queue: Commit[] = [];
    private pumping: Promise<void> | undefined;
    private failing: { since: number; why: string } | undefined;

    /** @param deadlineMs how long a request waits for its acknowledgements */
    constructor(
        private readonly sink: MessageSink,
        private readonly deadlineMs: number,
        private readonly observer: CommitObserver,
    ) {}

    /** For the health page: Kafka away. */
    readonly problem = (): string | undefined =>
        this.failing && `no acknowledgement since ${new Date(this.failing.since).toISOString()}, ${this.failing.why}`;

    /**
     * Resolves when Kafka has acknowledged or refused every message.
     * @throws UnavailableError when it did not, within the deadline: some may have been written, so all are to be sent again.
     */
    commit(messages: readonly Message[]): Promise<Refusals> {
        if (messages.length === 0) return Promise.resolve(new Map());
        return new Promise((resolve, reject) => {
            const late = (): void => {
                const why = `no acknowledgement within ${String(this.deadlineMs / 1000)} s`;
                this.noteFailure(why);
                commit.end(new UnavailableError(why));
            };
            const timer = setTimeout(late, this.deadlineMs);
            const refused = new Map<number, string>();
            const end = (problem?: UnavailableError): void => {
                clearTimeout(timer);
                commit.over = true;
                if (problem === undefined) resolve(refused);
                else reject(problem);
            };
            const commit: Commit = { messages, next: 0, settled: 0, over: false, refused, end };
            this.queue.push(commit);
            this.pumping ??= this.pump();
        });
    }

    /** Closes the way to Kafka once nothing is being sent. */
    async close(): Promise<void> {
        await this.pumping;
        await this.sink.close();
    }

    private async pump(): Promise<void> {
        // Requests of the same turn of the event loop share the first send.
        await Promise.resolve();
        for (let batch = this.take(); batch.length > 0; batch = this.take()) await this.send(batch);
        this.pumping = undefined;
    }

    /** The next messages, as many as fit into one send. */
    private take(): Part[] {
        const batch: Part[] = [];
        let bytes = 0;
        let done = 0;
        for (const commit of this.queue) {
            while (!commit.over && commit.next < commit.messages.length) {
                const message = commit.messages[commit.next];
                if (message === undefined) break;
                bytes += bytesOf(message);
                if (batch.length > 0 && bytes > sendBytes) {
                    this.queue = this.queue.slice(done);
                    return batch;
                }
                batch.push({ commit, index: commit.next, message });
                commit.next += 1;
            }
            done += 1;
        }
        this.queue = [];
        return batch;
    }

    private async send(batch: readonly Part[]): Promise<void> {
        const began = performance.now();
        try {
            await this.sink.send(batch.map(({ message }) => message));
            this.noteSuccess((performance.now() - began) / 1000);
            for (const part of batch) settle(part);
        } catch (error) {
            if (error instanceof RefusedError) return this.sendApart(batch, error);
            const why = error instanceof Error ? error.message : String(error);
            this.noteFailure(why);
            for (const { commit } of batch) commit.end(new UnavailableError(why));
        }
    }

    private noteSuccess(seconds: number): void {
        this.observer.onSent(seconds);
        if (this.failing !== undefined) this.observer.log.info("Kafka is back");
        this.failing = undefined;
    }

    private noteFailure(why: string): void {
        this.observer.onFailure();
        if (this.failing === undefined) this.observer.log.warn({ why }, "Kafka does not answer, producers get 503");
        this.failing = { since: this.failing?.since ?? Date.now(), why };
    }

    /** One of the batch is refused: halves of it, down to a single message, show which. */
    private async sendApart(batch: readonly Part[], refusal: RefusedError): Promise<void> {
        const [only, ...others] = batch;
        if (only !== undefined && others.length === 0) {
            only.commit.refused.set(only.index, refusal.message);
            settle(only);
            return;
        }
        const middle = batch.length >> 1;
        for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
            const open = half.filter(({ commit }) => !commit.over);
            if (open.length > 0) await this.send(open);
        }
    }
}

function settle({ commit }: Part): void {
    commit.settled += 1;
    if (commit.settled === commit.messages.length) commit.end();
}
