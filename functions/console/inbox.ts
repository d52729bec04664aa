// The inbox: the newest alerts that somebody looks for, a page at a time, those of one entity together.
import { alertStateWords } from "../../schema/detection";
import { alertsLike, type Found, type Listed, type Place } from "../cases/listing";
import { type Database } from "../shared/clickhouse";
import { type Visit } from "./access";
import { anyOf, choice, field, owners, page, severities } from "./layout";
import { clipped, html, type Html, query } from "./html";

export const pageLength = 100;
const epoch = new Date(0);

/** What is looked for; empty: anything. `after` is where the page before ended; `group` is none where each alert is to stand alone. */
export interface Filters {
    readonly state: string;
    readonly rule: string;
    readonly severity: string;
    readonly owner: string;
    readonly entity: string;
    readonly run: string;
    readonly group: string;
    readonly after: string;
}

const separator = "~";
const cursorOf = ({ raisedAt, alertId }: Place): string => `${raisedAt}${separator}${alertId}`;

function startOf(after: string): Place | undefined {
    const [, raisedAt, alertId] = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3})~(.+)$/s.exec(after) ?? [];
    return raisedAt === undefined || alertId === undefined ? undefined : { raisedAt, alertId };
}

/** The alerts of a page. */
export function inbox(database: Database, filters: Filters): Promise<Found> {
    const { state, rule, severity, owner, entity, run, after } = filters;
    const exact = Object.entries({ state, rule, severity, owner, entity }).filter(([, each]) => each !== "");
    const before = startOf(after);
    const bounds = { run, from: epoch, limit: pageLength, once: true };
    return alertsLike(database, { ...Object.fromEntries(exact), ...bounds, ...(before && { before }) });
}

const filterForm = (filters: Filters): Html =>
    html`<form method="get" action="/" class="filters" aria-label="Filter">
        ${choice("state", "State", filters.state, anyOf(["open", ...alertStateWords]))}
        ${choice("severity", "Severity", filters.severity, anyOf(severities))}
        ${choice("owner", "Owner", filters.owner, anyOf(owners))} ${field("rule", "Rule", filters.rule)}
        ${field("entity", "Entity", filters.entity)} ${field("run", "Run (empty: live)", filters.run)}
        ${choice("group", "Alerts of one entity", filters.group, [
            ["", "together"],
            ["none", "each alone"],
        ])}
        <button>Show</button>
    </form>`;

/** The alerts of each entity, those first whose newest is newest. */
export function grouped(alerts: readonly Listed[]): (readonly [Listed, ...Listed[]])[] {
    const groups = new Map<string, [Listed, ...Listed[]]>();
    for (const alert of alerts) {
        const key = JSON.stringify([alert.entity_kind, alert.entity_id]);
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [alert]);
        else group.push(alert);
    }
    return [...groups.values()];
}

/** How many of each severity, the worst first: 2 critical, 1 low. */
const counted = (alerts: readonly Listed[]): string =>
    severities
        .map((severity) => [alerts.filter((each) => each.severity === severity).length, severity] as const)
        .filter(([count]) => count > 0)
        .map(([count, severity]) => `${String(count)} ${severity}`)
        .join(", ");

const row = (alert: Listed): Html =>
    html`<tr>
        <td class="short">
            <a href="/alerts/${encodeURIComponent(alert.alert_id)}">${alert.raised_at.slice(0, 19)}</a>
        </td>
        <td><span class="severity ${alert.severity}">${alert.severity}</span></td>
        <td class="short">${alert.rule}</td>
        <td class="short">${alert.state}${alert.outcome !== "" && `: ${alert.outcome}`}</td>
        <td class="long">${alert.entity_kind} ${clipped(alert.entity_id)}</td>
        <td class="long">${clipped(alert.reason)}</td>
    </tr>`;

/** A line of an alert below the newest one of its entity. */
const lesser = (alert: Listed): Html =>
    html`<li>
        <a href="/alerts/${encodeURIComponent(alert.alert_id)}">${alert.raised_at.slice(0, 19)}</a>
        <span class="severity ${alert.severity}">${alert.severity}</span> ${alert.rule},
        ${alert.state}${alert.outcome !== "" && `: ${alert.outcome}`}: ${clipped(alert.reason)}
    </li>`;

const groupOf = ([newest, ...others]: readonly [Listed, ...Listed[]]): Html =>
    html`${row(newest)}
    ${
        others.length > 0 &&
        html`<tr class="others">
            <td colspan="6">
                <details>
                    <summary>
                        ${others.length} more of ${newest.entity_kind} ${clipped(newest.entity_id)}: ${counted(others)}
                    </summary>
                    <ul>
                        ${others.map(lesser)}
                    </ul>
                </details>
            </td>
        </tr>`
    }`;

const tableOf = (alerts: readonly Listed[], group: string): Html =>
    html`<div class="wide" tabindex="0" role="region" aria-label="Alerts">
        <table class="inbox">
            <thead>
                <tr>
                    ${["Raised (UTC)", "Severity", "Rule", "State", "Entity", "Reason"].map((each) => html`<th scope="col">${each}</th>`)}
                </tr>
            </thead>
            <tbody>
                ${group === "none" ? alerts.map(row) : grouped(alerts).map(groupOf)}
            </tbody>
        </table>
    </div>`;

/** The page. */
export function inboxPage(visit: Visit, filters: Filters, { alerts, next, lookedAt }: Found): Html {
    const { after, ...kept } = filters;
    return page(
        "Alerts",
        visit,
        html`${filterForm(filters)}
            ${
                alerts.length === 0
                    ? html`<p>No alert fits among the ${lookedAt} looked at.</p>`
                    : tableOf(alerts, filters.group)
            }
            <p class="pages">
                ${after !== "" && html`<a href="/${query(kept)}">Newest</a>`}
                ${next !== undefined && html`<a href="/${query({ ...kept, after: cursorOf(next) })}" rel="next">Older</a>`}
            </p>`,
    );
}
