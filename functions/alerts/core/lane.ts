// One target: what waits for it, what has been begun, and when it may be written to next. One message is on its way at a time.
import { TokenBucket } from "./bucket";
import { Groups } from "./groups";
import { compose, journalRow } from "./messages";
import { type Delivery, type Destination, keyOf, type Message, type Outcome, rankOf, type Waiting } from "./model";
import { patienceMs, probeMs, restMs, waitAfter } from "./schedule";
import { WaitingQueue } from "./queue";

/** A message that was begun and has not ended, as the journal knows it. */
export interface Pending {
    readonly message: Message;
    /** Attempts made. */
    readonly attempts: number;
    /** Not before, unless it is a probe. */
    readonly nextAt: number;
    /** When it was made, or somebody asked for it to be sent after all. */
    readonly since: number;
}

/** A message that has been begun and has not ended. */
export interface Open extends Pending {
    attempts: number;
    nextAt: number;
    /** How often another message was through while this one waited: somebody who gets others and not this one does not want this one. */
    passedBy: number;
    /** What it tells of is written down. */
    recorded: boolean;
}

/** Bounds of a lane. */
export interface LaneLimits {
    /** Alerts of one severity that wait in memory; the others wait in the table. */
    readonly queue: number;
    /** Alerts in one digest. */
    readonly digest: number;
    /** Messages that have failed and wait; while there are so many, nothing new is begun. */
    readonly open: number;
}

/** What cannot be sent one by one within this time is sent as a digest. */
export const digestMs = 10_000;
/** After so many failures in a row it is the target that is in trouble, whichever the message. */
const outage = 3;
/** A message that fails after others were through so many times is in trouble itself: it says nothing about the target, and keeps to its own schedule. */
const chances = 3;

/** What a lane is for other people's eyes. */
export interface LaneState {
    readonly waiting: number;
    readonly open: number;
    readonly failures: number;
    readonly disabled: string | undefined;
}

export class Lane {
    private readonly queue: WaitingQueue;
    private readonly groups: Groups;
    private readonly bucket: TokenBucket;
    private readonly opened = new Map<string, Open>();
    /** Alerts of messages that are open. */
    private readonly told = new Set<string>();
    private busy = false;
    private heldUntil = 0;
    private failures = 0;
    /** While the target is in trouble: when one of those that wait is tried, whatever its own time. */
    private probeAt = Infinity;
    private disabled: string | undefined;

    constructor(
        readonly destination: Destination,
        private readonly limits: LaneLimits,
        private readonly random: () => number,
        now: number,
    ) {
        this.queue = new WaitingQueue(limits.queue);
        this.groups = new Groups(limits.queue);
        this.bucket = new TokenBucket(destination.bucket, now);
    }

    get state(): LaneState {
        const { failures, disabled } = this;
        return { waiting: this.queue.length + this.groups.length, open: this.opened.size, failures, disabled };
    }

    /** Whether there is room again for what had to wait in the table. */
    get wantsMore(): boolean {
        return this.queue.wantsMore;
    }

    /** Puts something in line, where it waits for its like until `ripeAt` (ms) at first; what finds no room is found in the table again, once wantsMore. */
    add(item: Waiting, ripeAt?: number): void {
        const key = keyOf(item);
        if (this.told.has(key) || this.queue.has(key)) return;
        if (ripeAt === undefined || !this.groups.hold(item, ripeAt)) this.queue.push(item);
    }

    /** To be called before the table is looked at again. */
    refilling(): void {
        this.queue.refilling();
    }

    /** Takes up a message that was begun before a restart, or is to be sent after all. */
    resume({ message, attempts, nextAt, since }: Pending): void {
        // Whoever asks for it after all knows that there is somebody again.
        this.disabled = undefined;
        const known = this.opened.get(message.id);
        if (known === undefined) this.open({ message, attempts, nextAt, since, passedBy: 0, recorded: true });
        else known.nextAt = Math.min(known.nextAt, nextAt);
        // What failed before a restart says that the target may be in trouble, and a probe whether it still is.
        if (attempts > 0) this.probeAt = Math.min(this.probeAt, since);
    }

    /** Leaves the target alone: it had asked for it before a restart. */
    hold(until: number): void {
        this.heldUntil = Math.max(this.heldUntil, until);
    }

    /** What is to be sent now, if anything is; the lane is busy with it until `release`. */
    next(now: number): Open | undefined {
        for (const item of this.groups.take(now)) this.queue.push(item);
        if (this.busy || now < this.readyAt(now)) return undefined;
        const open = this.due(now) ?? this.begin(now);
        this.busy = open !== undefined;
        return open;
    }

    /** Takes the token for an attempt, right before it is made. */
    spend(now: number): void {
        this.bucket.take(now);
    }

    /** Takes note of what came of an attempt; the row is to be written before `release`. */
    settle(open: Open, outcome: Outcome, now: number): Delivery {
        const { message } = open;
        open.attempts += 1;
        const row = { attempt: open.attempts, at: now, status: outcome.status };
        if (outcome.kind === "accepted") {
            this.succeeded(now);
            this.close(open);
            return journalRow(message, { ...row, state: "accepted" });
        }
        const { error } = outcome;
        if (outcome.kind === "gone") this.disabled = error;
        const wait = outcome.kind === "passing" ? this.failed(open, outcome.retryAfterMs, now) : undefined;
        if (wait === undefined) {
            this.close(open);
            return journalRow(message, { ...row, state: "dead", error });
        }
        open.nextAt = now + wait;
        return journalRow(message, { ...row, state: "failed", error, nextAt: open.nextAt });
    }

    /** Takes note of a failure that may pass; how long the message waits, undefined when it is given up. `asked`: ms for which the target wants to be left alone. */
    private failed(open: Open, asked: number | undefined, now: number): number | undefined {
        const wait = waitAfter(open.attempts, this.random);
        if (isTrusted(open)) {
            this.failures += 1;
            this.probeAt = now + probeMs;
        }
        // Nobody else waits for a message that others have got past before.
        this.hold(now + (asked ?? (open.passedBy === 0 ? Math.min(wait, restMs) : 0)));
        if (now - open.since > patienceMs) return undefined;
        // Exactly what was asked for: that is how a restart knows how long the target is to be left alone.
        return asked ?? wait;
    }

    /** Why nothing is sent any more, while that is so. */
    get gone(): string | undefined {
        return this.disabled;
    }

    /** Gives a message up without an attempt; the row is to be written before `release`. */
    abandon(open: Open, error: string, now: number): Delivery {
        this.close(open);
        return journalRow(open.message, { attempt: open.attempts, at: now, state: "dead", error });
    }

    /** Whether a message is begun here and has not ended. */
    holds(id: string): boolean {
        return this.opened.has(id);
    }

    /** Ready for the next one. */
    release(): void {
        this.busy = false;
    }

    /** When there may be something to do; undefined when only a new alert makes it so. */
    wakeAt(now: number): number | undefined {
        if (this.busy) return undefined;
        const waiting = this.opened.size < this.limits.open && this.queue.peek() !== undefined;
        let soonest = waiting ? now : this.groups.nextAt;
        for (const open of this.opened.values()) soonest = Math.min(soonest, this.turnOf(open));
        return soonest === Infinity ? undefined : Math.max(soonest, this.readyAt(now));
    }

    private readyAt(now: number): number {
        // Where nothing is sent, nothing has to wait for its turn.
        return this.disabled === undefined ? Math.max(this.heldUntil, this.bucket.readyAt(now)) : now;
    }

    /** The most urgent message whose time has come, if nothing more urgent waits. */
    private due(now: number): Open | undefined {
        const ready = [...this.opened.values()].filter(
            (open) => this.disabled !== undefined || this.turnOf(open) <= now,
        );
        const [first] = ready.sort((a, b) => urgency(a.message) - urgency(b.message) || a.nextAt - b.nextAt);
        const head = this.queue.peek();
        const overtaken =
            first !== undefined &&
            head !== undefined &&
            this.opened.size < this.limits.open &&
            // Of two that are as urgent the one that has not failed yet: it may be through where the other was not.
            urgencyOf(head) - (this.failures > 0 ? 1 : 0) < urgency(first.message);
        return overtaken ? undefined : first;
    }

    private begin(now: number): Open | undefined {
        const head = this.queue.peek();
        if (head === undefined || this.opened.size >= this.limits.open) return undefined;
        const few =
            this.disabled === undefined && this.queue.pressure <= Math.max(1, this.bucket.within(now, digestMs));
        const { digest } = this.limits;
        const items = few && head.kind !== "summary" ? this.queue.takeAlike(digest) : this.queue.take(digest);
        const message = compose(this.destination.name, items, now);
        return this.open({ message, attempts: 0, nextAt: now, since: now, passedBy: 0, recorded: false });
    }

    /** When a message is tried: at its own time, or as a probe. */
    private turnOf(open: Open): number {
        return isTrusted(open) ? Math.min(open.nextAt, this.probeAt) : open.nextAt;
    }

    private open(open: Open): Open {
        this.opened.set(open.message.id, open);
        for (const key of keysOf(open.message)) this.told.add(key);
        return open;
    }

    private close({ message }: Open): void {
        this.opened.delete(message.id);
        for (const key of keysOf(message)) this.told.delete(key);
    }

    /** The target is well: those that wait because it was not need not wait any longer. */
    private succeeded(now: number): void {
        const down = this.failures >= outage;
        for (const open of this.opened.values()) {
            if (open.nextAt <= now || !(down || isTrusted(open))) continue;
            open.nextAt = now;
            if (!down) open.passedBy += 1;
        }
        this.failures = 0;
        this.probeAt = Infinity;
    }
}

/** Whether the failure of a message says anything about its target. */
const isTrusted = ({ passedBy }: Open): boolean => passedBy < chances;

const keysOf = ({ alerts, sequence }: Message): string[] => alerts.map((alert) => keyOf({ alert, sequence }));

/** Of what nobody has to act upon at once. */
const summaryUrgency = 10;
const urgencyOf = ({ kind, alert }: Waiting): number => (kind === "summary" ? summaryUrgency : rankOf(alert.severity));
/** A message is as urgent as the most urgent alert it tells of; somebody waits for a test, which tells of none. */
const urgency = ({ kind, alerts }: Message): number =>
    kind === "summary" || kind === "report" ? summaryUrgency : rankOf(alerts[0]?.severity ?? "critical");
