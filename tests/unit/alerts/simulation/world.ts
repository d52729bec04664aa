// For the simulator: what outlives a crash of the worker - the tables, and the receivers - and what must hold of it at every step.
import { kindOf } from "../../../../functions/alerts/core/messages";
import {
    type Alert,
    type Delivery,
    type Destination,
    type Message,
    type Notification,
    type Outcome,
} from "../../../../functions/alerts/core/model";
import { type Recovered, toldKey } from "../../../../functions/alerts/core/dispatcher";
import { type Pending } from "../../../../functions/alerts/core/lane";

/** Something that must never happen has happened. */
export class Violation extends Error {}

/** What a receiver does with requests; `lost`: it accepts, and the answer does not arrive. */
export type Weather = "ok" | "busy" | "error" | "hang" | "lost" | "refuse" | "gone";

interface Receiver {
    readonly destination: Destination;
    weather: Weather;
    /** Ids of accepted requests, in order. */
    readonly accepted: string[];
    /** It asked to be left alone until then, and the worker knows. */
    closedUntil: number;
    /** Requests that may still be made, and since when. */
    tokens: number;
    last: number;
}

const check = (holds: boolean, words: string): void => {
    if (!holds) throw new Violation(words);
};

export class World {
    readonly alerts = new Map<string, Alert>();
    readonly acknowledged = new Map<string, number>();
    readonly notifications = new Map<string, Notification>();
    readonly told = new Set<string>();
    /** Rows of each message. */
    readonly messages = new Map<string, Notification[]>();
    readonly journal = new Map<string, Delivery[]>();
    readonly receivers: Map<string, Receiver>;
    /** Messages accepted by a receiver of which no result is written: what a crash makes go out again. */
    private readonly unwritten = new Map<string, string>();
    /** Repeats that a crash or a lost answer has made inevitable. */
    private readonly excused = new Map<string, number>();
    private readonly replayed = new Set<string>();
    repeats = 0;
    /** The claim that counts. */
    claim = 0;

    constructor(destinations: readonly Destination[]) {
        this.receivers = new Map(
            destinations.map((destination) => [
                destination.name,
                { destination, weather: "ok", accepted: [], closedUntil: 0, tokens: destination.bucket.burst, last: 0 },
            ]),
        );
    }

    receiver(name: string): Receiver {
        const found = this.receivers.get(name);
        if (found === undefined) throw new Violation(`nobody knows the target ${name}`);
        return found;
    }

    /** Writes decisions; the first of a key counts. */
    notify(rows: readonly Notification[]): void {
        for (const row of rows) {
            const key = `${row.alertId}|${row.target}|${String(row.sequence)}`;
            const there = this.notifications.get(key);
            check(there === undefined || there.messageId === row.messageId, `${key} is told in two messages`);
            if (there !== undefined) continue;
            this.notifications.set(key, row);
            if (row.messageId !== "")
                this.messages.set(row.messageId, [...(this.messages.get(row.messageId) ?? []), row]);
            this.told.add(toldKey(row.alertId, row.target));
        }
    }

    /** Writes a row of the journal. */
    write(row: Delivery): void {
        const rows = this.journal.get(row.messageId) ?? [];
        const intents = rows.filter(({ state }) => state === "intent").map(({ attempt }) => attempt);
        if (row.state === "intent")
            check(
                intents.every((attempt) => attempt < row.attempt),
                `attempt ${String(row.attempt)} comes twice`,
            );
        else if (row.attempt > 0) check(intents.includes(row.attempt), `a result without an intent: ${row.state}`);
        if (row.state === "accepted")
            check(this.receiver(row.target).accepted.includes(row.messageId), "accepted is written of what nobody got");
        this.unwritten.delete(row.messageId);
        this.journal.set(row.messageId, [...rows, row]);
    }

    /** Somebody asks for all that was given up to be sent after all. */
    replay(): Pending[] {
        const dead = [...this.journal].filter(([, rows]) => rows.at(-1)?.state === "dead").map(([id]) => id);
        for (const id of dead) {
            this.replayed.add(id);
            this.journal.set(id, []);
        }
        return dead.map((id) => ({ message: this.message(id), attempts: 0, nextAt: 0, since: 0 }));
    }

    /** The worker lets a request go out. */
    leaves({ target, id }: Message, attempt: number, now: number): void {
        const receiver = this.receiver(target);
        const { burst, perSecond } = receiver.destination.bucket;
        receiver.tokens = Math.min(burst, receiver.tokens + ((now - receiver.last) / 1_000) * perSecond) - 1;
        receiver.last = now;
        check(receiver.tokens >= -0.001, `${target} gets more than its bucket holds`);
        check(now >= receiver.closedUntil, `${target} is asked while it wants to be left alone`);
        check(this.messages.has(id), "sent before it is written what of");
        const intent = this.journal.get(id)?.some((row) => row.state === "intent" && row.attempt === attempt);
        check(intent === true, "sent before the intent is written");
    }

    /** The request arrives; gives what the worker will be told, if it lives to hear it. */
    arrives({ target, id }: Message, random: () => number): Outcome {
        const receiver = this.receiver(target);
        const weather = receiver.weather;
        if (weather === "ok" || weather === "lost") {
            const before = receiver.accepted.filter((each) => each === id).length;
            check(before <= (this.excused.get(id) ?? 0), `${id} goes out ${String(before + 1)} times`);
            if (before > 0) this.repeats += 1;
            receiver.accepted.push(id);
            if (weather === "ok") this.unwritten.set(id, target);
            else this.excuse(id);
        }
        if (weather === "ok") return { kind: "accepted", status: 200 };
        if (weather === "busy")
            return { kind: "passing", status: 429, error: "busy", retryAfterMs: 1_000 + Math.floor(random() * 20_000) };
        if (weather === "error") return { kind: "passing", status: 503, error: "in trouble" };
        if (weather === "refuse") return { kind: "refused", status: 400, error: "no" };
        if (weather === "gone") return { kind: "gone", status: 410, error: "gone" };
        return { kind: "passing", status: 0, error: "no answer" };
    }

    /** The worker has heard what a receiver said. */
    heard(target: string, outcome: Outcome, now: number): void {
        if (outcome.kind === "passing" && outcome.retryAfterMs !== undefined)
            this.receiver(target).closedUntil = now + outcome.retryAfterMs;
    }

    /** The worker is killed: what was on its way may go out once more, and that is one message a target at most. */
    crash(now: number): void {
        const targets = [...this.unwritten.values()];
        check(new Set(targets).size === targets.length, "two messages of one target are on their way");
        for (const id of this.unwritten.keys()) this.excuse(id);
        this.unwritten.clear();
        // What it was told and did not write down, nobody knows any more.
        const held = this.recover(now).held;
        for (const [name, receiver] of this.receivers) receiver.closedUntil = held.get(name) ?? 0;
    }

    /** A worker starts: nothing of the ones before is on its way any more. */
    atRest(): void {
        check(this.unwritten.size === 0, "a message of another worker is still on its way");
    }

    /** What a worker that starts finds. */
    recover(now: number): Recovered {
        const pending: Pending[] = [];
        const dead: Message[] = [];
        const held = new Map<string, number>();
        for (const id of this.messages.keys()) {
            const last = this.journal.get(id)?.at(-1);
            const message = this.message(id);
            if (last?.state === "dead" && !this.replayed.has(id)) dead.push(message);
            if (last?.state === "dead" || last?.state === "accepted") continue;
            const since = message.at;
            pending.push({ message, since, attempts: last?.attempt ?? 0, nextAt: last?.nextAt ?? now });
            if (last?.status === 429 && last.nextAt !== undefined)
                held.set(last.target, Math.max(held.get(last.target) ?? 0, last.nextAt));
        }
        return { pending, dead, held, told: this.told };
    }

    private excuse(id: string): void {
        this.excused.set(id, (this.excused.get(id) ?? 0) + 1);
    }

    private message(id: string): Message {
        const rows = this.messages.get(id) ?? [];
        const [first] = rows;
        if (first === undefined) throw new Violation(`nothing is written of the message ${id}`);
        const { target, sequence, by, decision, decidedAt } = first;
        const alerts = rows.flatMap(({ alertId }) => this.alerts.get(alertId) ?? []);
        return { id, target, sequence, by, alerts, kind: kindOf(decision, sequence, by), at: decidedAt };
    }
}
