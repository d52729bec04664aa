// What is sent about alerts, to whom, and what is written down about it. All times are milliseconds since 1970, UTC.

import { type Severity, severities } from "../../../schema/detection";

/** An alert as far as sending it needs to know it. */
export interface Alert {
    readonly id: string;
    /** summary: stands for alerts that a rule's breaker held back. */
    readonly kind: "alert" | "summary";
    readonly rule: string;
    readonly owner: string;
    readonly severity: Severity;
    readonly entityKind: string;
    /** Personal data: leaves this system as a pseudonym only. */
    readonly entityId: string;
    readonly origin: string;
    readonly mode: string;
    readonly exemption: string;
    readonly heldBack: string;
    /** Personal data; empty where no target may see it. */
    readonly reason: string;
    /** 0 to 100. */
    readonly score: number;
    /** When the pattern was complete. */
    readonly eventTime: number;
    /** When it was written. */
    readonly raisedAt: number;
}

/** Where messages go; how they get there is the business of its channel. */
export interface Destination {
    readonly name: string;
    readonly bucket: BucketSize;
    /** Who is told of what could not be delivered here. */
    readonly fallback?: string;
}

/** Token bucket: `burst` messages at once, `perSecond` of them after that. */
export interface BucketSize {
    readonly burst: number;
    readonly perSecond: number;
}

/** Which alerts go where; of several routes that fit, the first one counts. */
export interface Route {
    /** Of these owners; of any where absent. */
    readonly owners?: readonly string[];
    readonly severities?: readonly Severity[];
    readonly rules?: readonly string[];
    readonly targets: readonly string[];
    /** An alert whose pattern was complete longer ago is summarised instead of paged; 60 where absent. */
    readonly notifyAgeMinutes?: number;
    /** Told again after so many minutes in which nobody did anything about it; once only where absent. */
    readonly repeatMinutes?: number;
    /** Those in escalateTo are told after so many minutes in which nobody acknowledged it. */
    readonly escalateMinutes?: number;
    readonly escalateTo?: readonly string[];
    /** An alert waits so long for others of its entity, to be told with them; what comes together goes together anyway. */
    readonly groupWaitSeconds?: number;
}

/** Why something is sent, or why not. */
export type Decision =
    | "sent"
    | "digest"
    | "silenced"
    | "maintenance"
    | "inhibited"
    | "too_old"
    | "not_live"
    | "suppressed"
    | "shadow"
    | "no_route";

/** A row of `notifications`: what was decided about telling one alert to one target. */
export interface Notification {
    readonly alertId: string;
    /** Empty: all of them. */
    readonly target: string;
    /** 0: first time, 1 and up: told again. */
    readonly sequence: number;
    /** Empty where no message was to be sent. */
    readonly messageId: string;
    readonly decision: Decision;
    /** What decided it: a silence, a stale input, an escalation ... */
    readonly by: string;
    readonly owner: string;
    readonly rule: string;
    readonly decidedAt: number;
}

export type MessageKind = "alert" | "digest" | "escalation" | "repeat" | "summary" | "heartbeat" | "test" | "report";

/** How one version of a rule did in a week, by its live alerts. */
export interface RuleWeek {
    readonly rule: string;
    readonly version: number;
    readonly owner: string;
    readonly alerts: number;
    readonly entities: number;
    /** Closed as confirmed or valuable. */
    readonly useful: number;
    /** Closed as false positives. */
    readonly falsePositive: number;
    /** Not closed. */
    readonly open: number;
    /** null with too few closures. */
    readonly precision: number | null;
}

/** What a weekly report says, the noisiest rule first. */
export interface Report {
    /** When the week began, ms. */
    readonly monday: number;
    readonly rules: readonly RuleWeek[];
}

/** One message to one target; after a restart it is the same one under the same id. */
export interface Message {
    readonly id: string;
    readonly target: string;
    readonly kind: MessageKind;
    readonly sequence: number;
    /** By urgency. */
    readonly alerts: readonly Alert[];
    /** Why they are told here: empty, or what they were escalated by. */
    readonly by: string;
    /** When it was made. */
    readonly at: number;
    /** Of a report. */
    readonly report?: Report;
}

/** A row of `deliveries`, the journal of messages. */
export interface Delivery {
    readonly messageId: string;
    readonly target: string;
    readonly kind: MessageKind;
    /** From 1; 0 where it was given up without an attempt. */
    readonly attempt: number;
    readonly state: "intent" | "accepted" | "failed" | "dead";
    readonly at: number;
    /** HTTP status; 0: no answer. */
    readonly status: number;
    readonly error: string;
    readonly nextAt: number | undefined;
    readonly alerts: number;
}

/** What came of an attempt to send. */
export type Outcome =
    | { readonly kind: "accepted"; readonly status: number }
    /** It may pass by itself: the network, a server in trouble, too many messages. */
    | { readonly kind: "passing"; readonly status: number; readonly error: string; readonly retryAfterMs?: number }
    /** The same message would be refused again. */
    | { readonly kind: "refused"; readonly status: number; readonly error: string }
    /** The endpoint is no more (410): nothing is sent there until somebody has looked at it. */
    | { readonly kind: "gone"; readonly status: number; readonly error: string };

/** What waits to be told to a target. */
export interface Waiting {
    readonly alert: Alert;
    readonly sequence: number;
    /** What it makes when it is sent alone. */
    readonly kind: "alert" | "repeat" | "escalation" | "summary";
    readonly by: string;
}

/** Names one telling of an alert at one target. */
export const keyOf = ({ alert, sequence }: Pick<Waiting, "alert" | "sequence">): string =>
    `${alert.id}|${String(sequence)}`;

/** Names an entity and the way in which it is told of: what is alike in it can go as one message. */
export const wayOf = ({ alert, sequence, kind, by }: Waiting): string =>
    [alert.entityKind, alert.entityId, kind, String(sequence), by].join("|");

/** Place among severities; smaller is more urgent. */
export const rankOf = (severity: Severity): number => severities.indexOf(severity);
