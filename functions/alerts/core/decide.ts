// Whether an alert is told to anybody, and to whom.
import { type Alert, type Decision, type Route } from "./model";

/** A silence or a maintenance window; an empty condition fits all. */
export interface Silence {
    readonly id: string;
    readonly kind: "silence" | "maintenance";
    readonly rule: string;
    readonly entityKind: string;
    readonly entityId: string;
    readonly owner: string;
    readonly severity: string;
    readonly startsAt: number;
    readonly endsAt: number;
}

/** A time in which an input of a rule was silent. */
export interface Blindness {
    readonly rule: string;
    readonly fact: string;
    readonly from: number;
    /** Undefined while it lasts. */
    readonly to: number | undefined;
}

/** What is known at the time of a decision. */
export interface Circumstances {
    readonly silences: readonly Silence[];
    readonly blind: readonly Blindness[];
}

/** What decides beside that: the stack's configuration. */
export interface Policy {
    readonly routes: readonly Route[];
    /** Origins that are told of. */
    readonly origins: readonly string[];
}

/** What is to be done with an alert. */
export type Verdict =
    | { readonly tell: "now" | "summary"; readonly route: Route }
    | { readonly tell: "no"; readonly decision: Decision; readonly by: string };

/** Who is woken for what is an hour old finds cold traces. */
const defaultNotifyAgeMinutes = 60;

const fits = (conditions: readonly string[] | undefined, value: string): boolean => conditions?.includes(value) ?? true;

/** The first route that fits. */
export const routeOf = (alert: Alert, routes: readonly Route[]): Route | undefined =>
    routes.find(
        ({ owners, severities, rules }) =>
            fits(owners, alert.owner) && fits(severities, alert.severity) && fits(rules, alert.rule),
    );

function covers(silence: Silence, alert: Alert, now: number): boolean {
    const { rule, entityKind, entityId, owner, severity } = silence;
    const pairs = [
        [rule, alert.rule],
        [entityKind, alert.entityKind],
        [entityId, alert.entityId],
        [owner, alert.owner],
        [severity, alert.severity],
    ];
    return silence.startsAt <= now && now < silence.endsAt && pairs.every(([want, is]) => want === "" || want === is);
}

const blindAt = ({ rule, from, to }: Blindness, alert: Alert): boolean =>
    rule === alert.rule && from <= alert.eventTime && alert.eventTime <= (to ?? Infinity);

/** The reason why an alert is told to nobody, whatever the routes say. */
function muted(alert: Alert, { silences, blind }: Circumstances, now: number): Verdict | undefined {
    const { mode, heldBack, exemption } = alert;
    if (mode === "shadow") return { tell: "no", decision: "shadow", by: "" };
    if (heldBack !== "") return { tell: "no", decision: "suppressed", by: heldBack };
    if (exemption !== "") return { tell: "no", decision: "suppressed", by: `exempt: ${exemption}` };
    const silence = silences.find((each) => covers(each, alert, now));
    if (silence !== undefined) {
        const decision = silence.kind === "silence" ? "silenced" : "maintenance";
        return { tell: "no", decision, by: silence.id };
    }
    const stale = blind.find((span) => blindAt(span, alert));
    return stale === undefined ? undefined : { tell: "no", decision: "inhibited", by: stale.fact };
}

/** Judges an alert nobody has been told of yet. */
export function decide(alert: Alert, policy: Policy, circumstances: Circumstances, now: number): Verdict {
    if (!policy.origins.includes(alert.origin)) return { tell: "no", decision: "not_live", by: alert.origin };
    const mute = muted(alert, circumstances, now);
    if (mute !== undefined) return mute;
    const route = routeOf(alert, policy.routes);
    if (route === undefined || route.targets.length === 0) return { tell: "no", decision: "no_route", by: "" };
    const { notifyAgeMinutes = defaultNotifyAgeMinutes } = route;
    return { tell: now - alert.eventTime > notifyAgeMinutes * 60_000 ? "summary" : "now", route };
}

/** Whether something that was told once stays untold from now on: a silence may have come since. */
export const mutedSince = (alert: Alert, circumstances: Circumstances, now: number): boolean =>
    muted(alert, circumstances, now) !== undefined;
