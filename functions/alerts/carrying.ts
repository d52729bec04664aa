// Carries out what the core decides, target by target: writes to ClickHouse, sends, and waits for what is next.
import { fullJitter, pause } from "../shared/backoff";
import { type Logger, sampler } from "../shared/log";
import { type Sender } from "./channels/sender";
import { type Claim, Superseded } from "./clickhouse/claim";
import { type Journal } from "./clickhouse/journal";
import { delivering, type Effect } from "./core/delivering";
import { begins } from "./core/fence";
import { type Lane, type Open } from "./core/lane";
import { type Delivery, type Message, type Outcome } from "./core/model";

/** What is not written is tried again this long apart at most: nothing is sent meanwhile. */
const writeAgainMs = 5_000;
/** A lane looks for itself this often, should nobody wake it. */
const longestRestMs = 60_000;

/** What a carrier works with. */
export interface CarrierOptions {
    readonly lane: Lane;
    readonly sender: Sender;
    readonly journal: Journal;
    readonly claim: Pick<Claim, "check">;
    readonly log: Logger;
    /** A result has been written. */
    readonly ended: (message: Message, row: Delivery) => Promise<void>;
    /** Another worker has taken over. */
    readonly superseded: (why: Superseded) => void;
}

/** Works off one target. */
export class Carrier {
    private readonly stopping = new AbortController();
    private waking = new AbortController();
    private readonly complain = sampler(10_000);

    constructor(private readonly options: CarrierOptions) {}

    /** There may be something new to do. */
    wake(): void {
        this.waking.abort();
    }

    /** Ends after the message that is on its way. */
    stop(): void {
        this.stopping.abort();
        this.wake();
    }

    /** Resolves after stop(). */
    async run(): Promise<void> {
        const { lane, sender } = this.options;
        while (!this.stopping.signal.aborted) {
            this.waking = new AbortController();
            const open = lane.next(Date.now());
            if (open !== undefined) await this.deliver(open);
            else {
                const now = Date.now();
                await pause(Math.min((lane.wakeAt(now) ?? Infinity) - now, longestRestMs), this.waking.signal);
            }
        }
        await sender.close();
    }

    private async deliver(open: Open): Promise<void> {
        const steps = delivering(this.options.lane, open, () => Date.now());
        try {
            for (let next = steps.next(); next.done !== true;) {
                const effect = next.value;
                const outcome = await this.perform(effect);
                if (effect.do === "journal" && effect.row.state !== "intent")
                    await this.options.ended(open.message, effect.row);
                next = steps.next(outcome);
            }
        } catch (error) {
            // The next worker finds it as a crash would have left it.
            if (error instanceof Superseded) this.options.superseded(error);
            else if (!(error instanceof Unwritten)) throw error;
        }
    }

    private async perform(effect: Effect): Promise<Outcome | undefined> {
        const { journal, sender, claim } = this.options;
        await this.written(async () => {
            if (begins(effect)) await claim.check();
            if (effect.do === "notify") await journal.notify(effect.rows);
            else if (effect.do === "escalate") await journal.escalate(effect.message);
            else if (effect.do === "journal") await journal.write(effect.row);
        });
        return effect.do === "send" ? sender.send(effect.message, Date.now()) : undefined;
    }

    /** Writes until it is written; throws Superseded, and Unwritten when the worker is to stop before that. */
    private async written(write: () => Promise<void>): Promise<void> {
        for (let attempt = 0; ; attempt += 1) {
            try {
                await write();
                return;
            } catch (error) {
                if (error instanceof Superseded) throw error;
                if (this.stopping.signal.aborted) throw new Unwritten();
                this.complain(() =>
                    this.options.log.warn(
                        { err: error },
                        "the journal cannot be written, nothing is sent until it can",
                    ),
                );
                await pause(fullJitter(attempt, 100, writeAgainMs), this.stopping.signal);
            }
        }
    }
}

/** The worker is to stop, and what it should have written first is not written. */
class Unwritten extends Error {}
