// What a message says: the fields of an alert that may leave to this target, or the numbers of a digest. Nothing here knows how a channel writes it.
import { createHmac } from "node:crypto";
import { type FieldName, type Severity, severities } from "../../../schema/detection";
import { type Alert, type Message, type Report, type RuleWeek } from "../core/model";
import { shorten, visible } from "./text";

/** A name for an entity that is the same every time and tells nobody who it is; undefined without a key. */
export type Pseudonym = (alert: Alert) => string | undefined;

/** Pseudonyms by HMAC-SHA-256: without the key nobody finds the entity by trying all of them. */
export const pseudonymBy =
    (key: string | undefined): Pseudonym =>
    ({ entityKind, entityId }) =>
        key === undefined
            ? undefined
            : `${entityKind}-${createHmac("sha256", key).update(`${entityKind}:${entityId}`).digest("hex").slice(0, 16)}`;

/** What is said, in the order in which it is read. */
export interface Content {
    readonly title: string;
    readonly severity: Severity;
    readonly values: Readonly<Record<string, string>>;
}

/** Longest value of a field: an id or a name needs less, and ten of them fit into every channel. */
const longest = 300;
const topEntities = 5;

const iso = (ms: number): string => new Date(ms).toISOString();

function valueOf(alert: Alert, field: FieldName, pseudonym: Pseudonym): string | undefined {
    const { id, rule, severity, owner, score, origin, entityKind, entityId, reason, eventTime } = alert;
    const plain = { id, rule, severity, owner, origin, reason, entity_kind: entityKind, entity_id: entityId };
    if (field === "time") return iso(eventTime);
    if (field === "score") return String(Math.round(score));
    return field === "pseudonym" ? pseudonym(alert) : plain[field];
}

function valuesOf(alert: Alert, fields: readonly FieldName[], pseudonym: Pseudonym): Record<string, string> {
    const found = fields.map((field): [string, string | undefined] => [field, valueOf(alert, field, pseudonym)]);
    const given = found.flatMap(([name, value]) =>
        value === undefined || value === "" ? [] : [[name, value] as const],
    );
    return Object.fromEntries(given.map(([name, value]) => [name, shorten(visible(value), longest)]));
}

function counted(values: readonly string[], most: number): string {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    return sorted
        .slice(0, most)
        .map(([value, count]) => `${visible(value)}: ${String(count)}`)
        .join(", ");
}

const prefixes: Partial<Record<Message["kind"], string>> = {
    repeat: "Still open: ",
    escalation: "Escalated: ",
    test: "Test: ",
};

/** What a message about one alert says. */
function single(
    { kind, by, sequence }: Message,
    alert: Alert,
    fields: readonly FieldName[],
    pseudonym: Pseudonym,
): Content {
    const title = `${prefixes[kind] ?? ""}${alert.severity.toUpperCase()} ${shorten(visible(alert.rule), longest)}`;
    const again = { ...(sequence > 0 && { told_before: String(sequence) }), ...(by !== "" && { why: visible(by) }) };
    return { title, severity: alert.severity, values: { ...valuesOf(alert, fields, pseudonym), ...again } };
}

/** Ids of so many alerts fit into a field. */
const mostIds = 4;

/** Where all alerts are about the same: of which kind that is. */
function aboutOne(alerts: readonly Alert[]): string {
    const [first] = alerts;
    const others = alerts.filter(
        ({ entityKind, entityId }) => entityKind !== first?.entityKind || entityId !== first.entityId,
    );
    return first === undefined || others.length > 0 ? "" : ` about one ${visible(first.entityKind)}`;
}

/** What a message about many says: every one of them is found by the batch id. */
function many({ id, kind, by, alerts }: Message, fields: readonly FieldName[], pseudonym: Pseudonym): Content {
    const severity = severities.find((each) => alerts.some((alert) => alert.severity === each)) ?? "low";
    const what = kind === "summary" ? "older alerts, not sent one by one" : `alerts${aboutOne(alerts)}`;
    const ids = fields.includes("id") && alerts.length <= mostIds ? alerts.map((alert) => alert.id).join(", ") : "";
    const entities = alerts.flatMap((alert) => pseudonym(alert) ?? []);
    const times = alerts.map(({ eventTime }) => eventTime);
    return {
        title: `${severity.toUpperCase()} ${String(alerts.length)} ${what}`,
        severity,
        values: {
            count: String(alerts.length),
            severities: counted(
                alerts.map((alert) => alert.severity),
                severities.length,
            ),
            rules: shorten(
                counted(
                    alerts.map(({ rule }) => rule),
                    10,
                ),
                longest,
            ),
            ...(ids !== "" && { ids: shorten(visible(ids), longest) }),
            ...(entities.length > 0 && { top_entities: counted(entities, topEntities) }),
            first: iso(times.reduce((a, b) => Math.min(a, b), Infinity)),
            last: iso(times.reduce((a, b) => Math.max(a, b), -Infinity)),
            ...(by !== "" && { why: visible(by) }),
            batch: id,
            query: `SELECT alert_id FROM trading.notifications WHERE message_id = '${id}'`,
        },
    };
}

/** Rules of a report that are named. */
const mostRules = 15;

const inWords = ({ alerts, entities, useful, falsePositive, open, precision, owner }: RuleWeek): string => {
    const found = `${String(alerts)} alerts of ${String(entities)} entities: ${String(falsePositive)} false positives, ${String(useful)} useful, ${String(open)} open`;
    return `${found}; ${precision === null ? "too few closed for a precision" : `precision ${precision.toFixed(2)}`}; ${visible(owner)}`;
};

/** What a weekly report says: numbers of rules, and nobody's name. */
function weekly({ monday, rules }: Report): Content {
    const week = iso(monday).slice(0, 10);
    const named = rules.slice(0, mostRules);
    const others = rules.length - named.length;
    return {
        title: `Rules and their alerts in the week from ${week}`,
        severity: "low",
        values: {
            alerts: String(rules.reduce((sum, { alerts }) => sum + alerts, 0)),
            false_positives: String(rules.reduce((sum, { falsePositive }) => sum + falsePositive, 0)),
            ...Object.fromEntries(
                named.map((each) => [
                    `${visible(each.rule)} v${String(each.version)}`,
                    shorten(inWords(each), longest),
                ]),
            ),
            ...(others > 0 && { others: `${String(others)} more rules` }),
            query: `SELECT * FROM trading.noisy_rules WHERE week = '${week}'`,
        },
    };
}

/** What a message says to a target that may see these fields. */
export function contentOf(message: Message, fields: readonly FieldName[], pseudonym: Pseudonym): Content {
    const [first] = message.alerts;
    if (message.report !== undefined) return weekly(message.report);
    if (first === undefined) return { title: "Test message", severity: "low", values: { message: message.id } };
    const alone = message.alerts.length === 1 && message.kind !== "digest" && message.kind !== "summary";
    return alone ? single(message, first, fields, pseudonym) : many(message, fields, pseudonym);
}

/** As lines of plain text, the title first. */
export const linesOf = ({ title, values }: Content): string[] => [
    title,
    ...Object.entries(values).map(([name, value]) => `${name}: ${value}`),
];
