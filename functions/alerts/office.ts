// The worker's rounds: new alerts, what people asked to be sent after all, and alerts nobody answers.
import { pause } from "../shared/backoff";
import { type Logger } from "../shared/log";
import { type Claim, Superseded } from "./clickhouse/claim";
import { type Inbox } from "./clickhouse/inbox";
import { type Journal } from "./clickhouse/journal";
import { type Recovery } from "./clickhouse/recovery";
import { type Dispatcher } from "./core/dispatcher";
import { type Reports } from "./report";
import { type Alert, type Message, type Notification, type Route } from "./core/model";

/** How often it is looked whether somebody asked for a message to be sent after all. */
const replayMs = 3_000;
/** How often it is looked whether somebody has answered: ten times in the time there is for it, within these bounds. */
const followMs = { least: 1_000, most: 30_000 };
/** How often the last hour is looked through: an alert may have come into the table long after it was raised. */
const sweepMs = 300_000;
const sweptMs = 3_600_000;
/** How often it is looked whether a report is due. */
const reportMs = 60_000;
/** A failing database is worth a 503 after this long. */
const patienceMs = 60_000;
/** A row may be there this much later than its time says. */
const marginMs = 60_000;

/** What the rounds work with. */
export interface OfficeOptions {
    readonly dispatcher: Dispatcher;
    readonly inbox: Inbox;
    readonly recovery: Recovery;
    readonly journal: Journal;
    readonly reports: Reports;
    readonly claim: Pick<Claim, "check">;
    readonly routes: readonly Route[];
    readonly pollMs: number;
    readonly log: Logger;
    /** There may be something new to do for the targets. */
    readonly wake: () => void;
    /** When the past was read, ms, and the messages taken up then. */
    readonly began: number;
    readonly resumed: readonly string[];
    readonly decided: (rows: readonly Notification[]) => void;
    /** Another worker has taken over. */
    readonly superseded: (why: Superseded) => void;
}

export class Office {
    private readonly stopping = new AbortController();
    private lastGood = Date.now();
    private trouble: string | undefined;
    private nextReplay = 0;
    private nextFollow = 0;
    private nextReport = 0;
    /** Messages that were taken up again because somebody asked, and when. */
    private readonly replayed: Map<string, number>;
    private nextSweep: number;
    /** The least number of minutes after which something is to be done about an alert nobody answers. */
    private readonly followMinutes: number;

    constructor(private readonly options: OfficeOptions) {
        const minutes = options.routes.map(({ repeatMinutes = Infinity, escalateMinutes = Infinity }) =>
            Math.min(repeatMinutes, escalateMinutes),
        );
        this.followMinutes = Math.min(...minutes, Infinity);
        this.nextSweep = options.began + sweepMs;
        this.replayed = new Map(options.resumed.map((id) => [id, options.began]));
    }

    /** For the health page: why nothing has been found out for a while. */
    readonly problem = (): string | undefined => (Date.now() - this.lastGood > patienceMs ? this.trouble : undefined);

    /** Whether it works: the last round ended well. */
    get well(): boolean {
        return this.trouble === undefined && Date.now() - this.lastGood < patienceMs;
    }

    stop(): void {
        this.stopping.abort();
    }

    /** Resolves after stop(), when the running round has ended. */
    async run(): Promise<void> {
        const { signal } = this.stopping;
        while (!signal.aborted) {
            try {
                await this.round(Date.now());
                this.lastGood = Date.now();
                this.trouble = undefined;
            } catch (error) {
                if (error instanceof Superseded) {
                    this.options.superseded(error);
                    return;
                }
                if (this.trouble === undefined)
                    this.options.log.warn({ err: error }, "a round did not end; the next one takes over");
                this.trouble = error instanceof Error ? error.message : String(error);
            }
            await pause(this.options.pollMs, signal);
        }
    }

    private async round(now: number): Promise<void> {
        const { inbox, dispatcher, claim } = this.options;
        await claim.check();
        await inbox.poll(this.take);
        if (dispatcher.refill()) await inbox.rescan(this.take);
        if (now >= this.nextSweep) {
            await inbox.rescan(this.take, now - sweptMs);
            this.nextSweep = now + sweepMs;
        }
        if (now >= this.nextReplay) {
            await this.replays(now);
            this.nextReplay = now + replayMs;
        }
        if (now >= this.nextReport) {
            await this.report(now);
            this.nextReport = now + reportMs;
        }
        if (now >= this.nextFollow && this.followMinutes < Infinity) {
            await this.follow(now);
            this.nextFollow = now + Math.min(followMs.most, Math.max(followMs.least, this.followMinutes * 6_000));
        }
    }

    /** Decides about alerts, and writes down what it was. */
    private readonly take = async (alerts: readonly Alert[]): Promise<void> => {
        if (alerts.length === 0) return;
        const { inbox, dispatcher, journal, decided, wake } = this.options;
        const now = Date.now();
        const [told, circumstances] = await Promise.all([
            inbox.told(alerts.map(({ id }) => id)),
            inbox.circumstances(now),
        ]);
        const rows = dispatcher.offer(alerts, told, circumstances, now);
        wake();
        await journal.notify(rows);
        decided(rows);
    };

    private async replays(now: number): Promise<void> {
        const { recovery, dispatcher, wake } = this.options;
        const found = await recovery.replayed(Math.max(this.options.began, now) - marginMs, now);
        for (const pending of found) {
            const { message, askedAt } = pending;
            if (askedAt <= (this.replayed.get(message.id) ?? this.options.began - marginMs)) continue;
            this.replayed.set(message.id, askedAt);
            dispatcher.resume(pending);
        }
        for (const [id, at] of this.replayed) if (now - at > 2 * marginMs) this.replayed.delete(id);
        if (found.length > 0) wake();
    }

    private async report(now: number): Promise<void> {
        const { reports, dispatcher, wake } = this.options;
        const due = await reports.due(now);
        for (const pending of due) dispatcher.resume(pending);
        if (due.length > 0) wake();
    }

    private async follow(now: number): Promise<void> {
        const { recovery, dispatcher, inbox, wake } = this.options;
        const unanswered = await recovery.unanswered(this.followMinutes, now);
        if (unanswered.length === 0) return;
        const told = await inbox.told(unanswered.map(({ alert }) => alert.id));
        dispatcher.follow(unanswered, told, await inbox.circumstances(now), now);
        wake();
    }

    /** Tells whoever stands in of a message that was given up. */
    async fallBack(message: Message): Promise<void> {
        const { inbox, dispatcher, wake } = this.options;
        dispatcher.fallBack(message, await inbox.told(message.alerts.map(({ id }) => id)));
        wake();
    }
}
