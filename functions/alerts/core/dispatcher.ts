// What is to be sent next, to whom: decides about alerts, and puts those that are to be told in line at their targets. Pure: it reads no clock of its own,
// opens nothing, and does the same with the same random numbers.
import { type Circumstances, decide, mutedSince, type Policy, routeOf } from "./decide";
import { Lane, type LaneLimits, type Pending } from "./lane";
import { unacknowledged, unsent } from "./messages";
import { type Alert, type Destination, type Message, type Notification } from "./model";

/** `id|target` of what a target, or ('') everybody, has been told or spared already. */
export type Told = ReadonlySet<string>;
export const toldKey = (alertId: string, target: string): string => `${alertId}|${target}`;

/** What a dispatcher is made of. */
export interface DispatcherOptions {
    readonly destinations: readonly Destination[];
    readonly policy: Policy;
    readonly limits: LaneLimits;
    readonly random: () => number;
}

/** What the journal knows of the time before a restart. */
export interface Recovered {
    readonly pending: readonly Pending[];
    /** Targets that asked to be left alone, and until when. */
    readonly held: ReadonlyMap<string, number>;
    /** Messages that were given up. */
    readonly dead: readonly Message[];
    /** Of the alerts of those. */
    readonly told: Told;
}

/** An alert somebody was told of, and nobody has done anything about. */
export interface Unanswered {
    readonly alert: Alert;
    readonly target: string;
    /** Last telling there, however it went. */
    readonly sequence: number;
    readonly toldAt: number;
    /** First telling anywhere that was accepted. */
    readonly notifiedAt: number;
}

const minuteMs = 60_000;

export class Dispatcher {
    readonly lanes: ReadonlyMap<string, Lane>;

    constructor(
        private readonly options: DispatcherOptions,
        now: number,
        recovered: Recovered,
    ) {
        const { destinations, limits, random } = options;
        this.lanes = new Map(destinations.map((each) => [each.name, new Lane(each, limits, random, now)]));
        for (const [target, until] of recovered.held) this.lanes.get(target)?.hold(until);
        for (const each of recovered.pending) this.resume(each);
        for (const message of recovered.dead) this.fallBack(message, recovered.told);
    }

    /** Takes up a message again; one to a target that is no more waits until there is such a target again. */
    resume(pending: Pending): void {
        this.lanes.get(pending.message.target)?.resume(pending);
    }

    /** Puts alerts in line at their targets; returns what is to be written of those that nobody is told of. */
    offer(alerts: readonly Alert[], told: Told, circumstances: Circumstances, now: number): Notification[] {
        return alerts.flatMap((alert) => {
            if (told.has(toldKey(alert.id, ""))) return [];
            const verdict = decide(alert, this.options.policy, circumstances, now);
            if (verdict.tell === "no") return [unsent(alert, verdict.decision, verdict.by, now)];
            const summary = verdict.tell === "summary";
            const { groupWaitSeconds } = verdict.route;
            const ripeAt = summary || groupWaitSeconds === undefined ? undefined : now + groupWaitSeconds * 1_000;
            for (const target of verdict.route.targets) {
                if (told.has(toldKey(alert.id, target))) continue;
                const by = summary ? "older than its notify age" : "";
                this.lanes.get(target)?.add({ alert, sequence: 0, kind: summary ? "summary" : "alert", by }, ripeAt);
            }
            return [];
        });
    }

    /** Whether alerts that found no room are to be looked for in the table; from now on they count as looked for. */
    refill(): boolean {
        const wanting = [...this.lanes.values()].filter(({ wantsMore }) => wantsMore);
        for (const lane of wanting) lane.refilling();
        return wanting.length > 0;
    }

    /** Tells again, or tells others, of what nobody has done anything about. */
    follow(unanswered: readonly Unanswered[], told: Told, circumstances: Circumstances, now: number): void {
        for (const { alert, target, sequence, toldAt, notifiedAt } of unanswered) {
            const route = routeOf(alert, this.options.policy.routes);
            if (route === undefined || mutedSince(alert, circumstances, now)) continue;
            const { repeatMinutes = Infinity, escalateMinutes = Infinity, escalateTo = [] } = route;
            if (toldAt + repeatMinutes * minuteMs <= now && route.targets.includes(target))
                this.lanes.get(target)?.add({ alert, sequence: sequence + 1, kind: "repeat", by: "unanswered" });
            if (notifiedAt + escalateMinutes * minuteMs > now) continue;
            for (const other of escalateTo)
                if (!told.has(toldKey(alert.id, other)))
                    this.lanes.get(other)?.add({ alert, sequence: 0, kind: "escalation", by: unacknowledged });
        }
    }

    /** Tells the target that stands in of what could not be delivered; nothing where none does. */
    fallBack({ target, alerts }: Message, told: Told): void {
        const fallback = this.lanes.get(target)?.destination.fallback;
        if (fallback === undefined) return;
        for (const alert of alerts)
            if (!told.has(toldKey(alert.id, fallback)))
                this.lanes.get(fallback)?.add({ alert, sequence: 0, kind: "escalation", by: `undelivered: ${target}` });
    }
}
