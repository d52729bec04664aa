// For the simulator: one life of a worker, from its start to its death, over tables and receivers that outlive it, in virtual time.
import { decide } from "../../../../functions/alerts/core/decide";
import { type Effect } from "../../../../functions/alerts/core/delivering";
import { Dispatcher, toldKey, type Unanswered } from "../../../../functions/alerts/core/dispatcher";
import { begins, checkedMs } from "../../../../functions/alerts/core/fence";
import { type Lane, type Open, type Pending } from "../../../../functions/alerts/core/lane";
import { type Alert, type Outcome, rankOf } from "../../../../functions/alerts/core/model";
import { type Delivering, type Plan } from "./run";
import { Violation, type World } from "./world";

/** What a worker is doing for one target. */
interface Job {
    readonly steps: Generator<Effect, void, Outcome | undefined>;
    readonly open: Open;
    effect: Effect;
    appliesAt: number;
    endsAt: number;
    applied: boolean;
    outcome: Outcome | undefined;
}

const pollMs = 300;
const followMs = 20_000;
/** How long people are still told again after the weather has cleared. */
const calmMs = 200_000;

/** What a worker does next, and when. */
export interface Next {
    readonly at: number;
    readonly do: () => void;
}

export interface WorkerOptions {
    readonly plan: Plan;
    readonly world: World;
    readonly random: () => number;
    readonly deliver: Delivering;
    /** The first one has begun nothing before. */
    readonly fresh: boolean;
    readonly fenced: boolean;
}

export class Worker {
    private readonly dispatcher: Dispatcher;
    private readonly jobs = new Map<string, Job>();
    /** Alerts it knows of, and since when. */
    private seen = new Map<string, number>();
    private nextPoll: number;
    private nextFollow: number;
    private replaying = false;
    private checkedAt = -Infinity;
    private fencedOff = false;

    constructor(
        private readonly options: WorkerOptions,
        private now: number,
        /** Its claim. */
        private readonly token: number,
    ) {
        const { plan, world, random } = options;
        const { destinations, policy, limits } = plan;
        this.dispatcher = new Dispatcher({ destinations, policy, limits, random }, now, world.recover(now));
        this.nextPoll = now;
        this.nextFollow = now + followMs;
    }

    /** Takes up messages that somebody has asked for after all. */
    resume(all: readonly Pending[]): void {
        this.replaying = true;
        for (const pending of all) this.dispatcher.resume({ ...pending, nextAt: this.now, since: this.now });
    }

    /** What it does next; undefined when it has nothing to do, or has seen that another one has taken over. */
    next(now: number): Next | undefined {
        this.now = now;
        const { alerts, until } = this.options.plan;
        const poll = this.seen.size < alerts.length ? this.nextPoll : Infinity;
        const follow = now < until + calmMs ? this.nextFollow : Infinity;
        let found: Next =
            poll <= follow ? { at: poll, do: () => this.poll() } : { at: follow, do: () => this.follow() };
        if (this.fencedOff) found = { at: Infinity, do: () => undefined };
        for (const lane of this.dispatcher.lanes.values()) {
            const job = this.jobs.get(lane.destination.name);
            // Whoever has been fenced off ends what it has begun.
            if (job === undefined && this.fencedOff) continue;
            const at = job === undefined ? lane.wakeAt(now) : job.applied ? job.endsAt : job.appliesAt;
            if (at !== undefined && at < found.at) found = { at, do: () => this.advance(lane) };
        }
        return found.at === Infinity ? undefined : { at: found.at, do: () => this.doAt(found) };
    }

    private doAt({ at, do: act }: Next): void {
        this.now = Math.max(this.now, at);
        act();
    }

    /** Whether it may begin something: it looks at the claims, unless it has just done so. */
    private mayBegin(): boolean {
        if (this.now - this.checkedAt < checkedMs) return true;
        this.checkedAt = this.now;
        this.fencedOff = this.options.fenced && this.options.world.claim !== this.token;
        return !this.fencedOff;
    }

    private poll(): void {
        if (!this.mayBegin()) return;
        const { plan, world } = this.options;
        const { alerts, circumstances } = plan;
        this.nextPoll = this.now + pollMs;
        const fresh = alerts.filter(({ id, raisedAt }) => raisedAt <= this.now && !this.seen.has(id));
        for (const alert of fresh) {
            this.seen.set(alert.id, this.now);
            world.alerts.set(alert.id, alert);
        }
        world.notify(this.dispatcher.offer(fresh, world.told, circumstances, this.now));
        const next = alerts.find(({ id }) => !this.seen.has(id));
        if (next !== undefined) this.nextPoll = Math.max(this.nextPoll, next.raisedAt);
    }

    private advance(lane: Lane): void {
        const name = lane.destination.name;
        const job = this.jobs.get(name);
        if (job === undefined) this.begin(lane);
        else if (!job.applied) this.apply(job);
        else this.proceed(name, job);
        this.bounded(lane);
    }

    private begin(lane: Lane): void {
        const open = lane.next(this.now);
        if (open === undefined) return;
        if (!open.recorded && open.message.sequence === 0 && open.message.by === "") this.wellChosen(lane, open);
        const steps = this.options.deliver(lane, open, () => this.now);
        this.go(lane.destination.name, steps, open, steps.next());
    }

    /** Begins the next effect of a message, or ends there. */
    private go(name: string, steps: Job["steps"], open: Open, next: IteratorResult<Effect, void>): void {
        this.jobs.delete(name);
        if (next.done === true || (begins(next.value) && !this.mayBegin())) return;
        const { world, random } = this.options;
        const effect = next.value;
        if (effect.do === "send") world.leaves(effect.message, effect.attempt, this.now);
        const takes = effect.do === "send" ? random() * 400 : random() * 20;
        const appliesAt = this.now + Math.ceil(takes * random());
        const endsAt = this.now + Math.ceil(takes);
        this.jobs.set(name, { steps, open, effect, appliesAt, endsAt, applied: false, outcome: undefined });
    }

    private apply(job: Job): void {
        const { world, random } = this.options;
        const { effect } = job;
        job.applied = true;
        if (effect.do === "notify") world.notify(effect.rows);
        if (effect.do === "journal") world.write(effect.row);
        if (effect.do === "send") {
            job.outcome = world.arrives(effect.message, random);
            if (world.receiver(effect.message.target).weather === "hang") job.endsAt = this.now + 5_000;
        }
    }

    private proceed(name: string, { effect, outcome, steps, open }: Job): void {
        const { world } = this.options;
        if (effect.do === "send" && outcome !== undefined) world.heard(name, outcome, this.now);
        const next = steps.next(outcome);
        this.go(name, steps, open, next);
        if (next.done !== true) return;
        if (effect.do === "journal" && effect.row.state === "dead") this.dispatcher.fallBack(open.message, world.told);
        if (this.dispatcher.refill()) this.seen = new Map();
        if (this.seen.size === 0) this.nextPoll = this.now;
    }

    private follow(): void {
        this.nextFollow = this.now + followMs;
        const { plan, world } = this.options;
        const { circumstances, acknowledged } = plan;
        const notified = new Map<string, number>();
        const last = new Map<string, Omit<Unanswered, "notifiedAt">>();
        for (const { alertId, target, sequence, messageId, decidedAt } of world.notifications.values()) {
            const at = world.journal.get(messageId)?.find(({ state }) => state === "accepted")?.at;
            const alert = world.alerts.get(alertId);
            if (alert === undefined || messageId === "" || (acknowledged.get(alertId) ?? 0) <= this.now) continue;
            if (at !== undefined) notified.set(alertId, Math.min(at, notified.get(alertId) ?? Infinity));
            const key = toldKey(alertId, target);
            if ((last.get(key)?.sequence ?? -1) < sequence)
                last.set(key, { alert, target, sequence, toldAt: decidedAt });
        }
        const unanswered = [...last.values()].flatMap((each) => {
            const notifiedAt = notified.get(each.alert.id);
            return notifiedAt === undefined ? [] : [{ ...each, notifiedAt }];
        });
        this.dispatcher.follow(unanswered, world.told, circumstances, this.now);
    }

    /** Alerts that wait for a target, for nothing but their turn. */
    private waitingFor(name: string): Alert[] {
        const { plan, world } = this.options;
        return [...this.seen].flatMap(([id, since]) => {
            const alert = world.alerts.get(id);
            if (alert === undefined || world.told.has(toldKey(id, name)) || world.told.has(toldKey(id, ""))) return [];
            const verdict = decide(alert, plan.policy, plan.circumstances, this.now);
            if (verdict.tell !== "now" || !verdict.route.targets.includes(name)) return [];
            return since + (verdict.route.groupWaitSeconds ?? 0) * 1_000 > this.now ? [] : [alert];
        });
    }

    /** What waits is not more urgent than what was chosen, and where there is room for all that ever comes, no more of the same entity is among it. */
    private wellChosen({ destination: { name } }: Lane, { message: { alerts } }: Open): void {
        const { queue, digest } = this.options.plan.limits;
        const [first] = alerts;
        const waiting = this.waitingFor(name);
        const roomy = this.options.plan.alerts.length <= queue;
        const told = new Set(alerts.map(({ id }) => id));
        for (const { id, severity, entityId } of waiting) {
            if (told.has(id) || first === undefined) continue;
            if (rankOf(severity) < rankOf(first.severity))
                throw new Violation(`${severity} waits while ${first.severity} is sent to ${name}`);
            if (roomy && alerts.length < digest && alerts.some((other) => other.entityId === entityId))
                throw new Violation(`${id} waits while another alert of its entity is sent to ${name}`);
        }
    }

    private bounded(lane: Lane): void {
        const { queue, open } = this.options.plan.limits;
        const { waiting, open: begun } = lane.state;
        // What was begun before a restart, and what is asked for again, comes on top.
        const fresh = this.options.fresh && !this.replaying;
        // Five ranks and the groups.
        if (waiting > 6 * queue || (fresh && begun > open))
            throw new Violation(`${String(waiting)} wait and ${String(begun)} are begun for ${lane.destination.name}`);
    }
}
