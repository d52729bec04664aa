// An alert: what it says, what was done about it, what it stands on, and what can be done now.
import { outcomes } from "../../schema/detection";
import { type Alert, type State, type Step, type StoredEvidence } from "../cases/alert";
import { atLeast, type Visit } from "./access";
import { choice, field, guard, page } from "./layout";
import { silenceAddress } from "./silencesPage";
import { type Content, html, type Html } from "./html";

/** All that is known of an alert. */
export interface Case {
    readonly alert: Alert;
    readonly state: State;
    readonly history: readonly Step[];
    readonly evidence: readonly StoredEvidence[];
}

const facts = (values: Readonly<Record<string, Content>>): Html =>
    html`<dl>
        ${Object.entries(values)
            .filter(([, each]) => each !== "")
            .map(
                ([name, each]) =>
                    html`<div>
                        <dt>${name}</dt>
                        <dd>${each}</dd>
                    </div>`,
            )}
    </dl>`;

/** A table with a caption, that scrolls by itself where it is wider than the screen. */
const table = (caption: string, names: readonly string[], rows: readonly (readonly Content[])[]): Html =>
    html`<div class="wide" tabindex="0" role="region" aria-label="${caption}">
        <table>
            <caption>
                ${caption}
            </caption>
            <thead>
                <tr>
                    ${names.map((each) => html`<th scope="col">${each}</th>`)}
                </tr>
            </thead>
            <tbody>
                ${rows.map(
                    (row) =>
                        html`<tr>
                            ${row.map((each) => html`<td><div>${each}</div></td>`)}
                        </tr>`,
                )}
            </tbody>
        </table>
    </div>`;

const entity = ({ entity_kind: kind, entity_id: id, run }: Alert): Html => {
    const dashboard = { user: "user-risk", token: "token-risk" }[kind];
    const about = `${kind} ${id}`;
    if (dashboard === undefined) return html`${about}`;
    return html`<a href="/dashboards/${dashboard}?${new URLSearchParams({ [kind]: id, run }).toString()}">${about}</a>`;
};

const head = ({ alert, state }: Case): Html =>
    facts({
        State: `${state.state}${state.outcome === "" ? "" : `: ${state.outcome}`}, since ${state.changed_at}${state.actor === "" ? "" : ` by ${state.actor}`}`,
        "Snoozed until": state.state === "snoozed" ? (state.snoozed_until ?? "") : "",
        Note: state.note,
        Entity: entity(alert),
        Rule: `${alert.rule} v${String(alert.rule_version)} (${alert.mode}), for ${alert.owner}`,
        Severity: html`<span class="severity ${alert.severity}">${alert.severity}</span>`,
        Score: String(alert.score),
        "Event time": `${alert.event_time}; window from ${alert.window_from}`,
        Raised: `${alert.raised_at} (${alert.pass}); rows known until ${alert.known_at}`,
        Origin: `${alert.origin}${alert.run === "" ? "" : `, run ${alert.run}`}`,
        Trigger: alert.trigger_key,
        Exempt: alert.exemption,
        "Held back": alert.held_back,
        Warming: alert.warming ? "The history the rule needs was not covered yet." : "",
        Alert: alert.alert_id,
    });

const parsed = ({ content }: StoredEvidence): Readonly<Record<string, string>> => {
    const row = JSON.parse(content) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(
        Object.entries(row).map(([name, each]) => [name, typeof each === "string" ? each : JSON.stringify(each)]),
    );
};

/** The evidence, a table for each source. */
function evidenceTables(evidence: readonly StoredEvidence[]): Html {
    const sources = [...new Set(evidence.map(({ source }) => source))];
    return html`<section>
        <h2>Evidence</h2>
        ${evidence.length === 0 && html`<p>No rows are stored with this alert.</p>`}
        ${sources.map((source) => {
            const rows = evidence.filter((each) => each.source === source).map(parsed);
            const names = [...new Set(rows.flatMap((each) => Object.keys(each)))];
            return table(
                `${source}: ${String(rows.length)}`,
                names,
                rows.map((each) => names.map((name) => each[name])),
            );
        })}
    </section>`;
}

const form = (id: string, action: string, visit: Visit, content: Content): Html =>
    html`<form method="post" action="/alerts/${encodeURIComponent(id)}/${action}">${guard(visit)}${content}</form>`;

const noted = (required: boolean): Html =>
    html`<label
        >Note <textarea name="note" rows="2" maxlength="4000" ${required && html` required`}></textarea>
    </label>`;

const endings = outcomes.map((each) => [each, each.replaceAll("_", " ")] as const);

/** What this person can do about it; nothing for a viewer. */
function actions(visit: Visit, { alert, state: { state } }: Case): Html | undefined {
    const { alert_id: id, rule, entity_kind: entityKind, entity_id: entity } = alert;
    if (!atLeast(visit.user.role, "analyst")) return undefined;
    const close = html`${choice("outcome", "Outcome", "confirmed", endings)}${noted(true)}`;
    if (state === "closed")
        return html`<section class="actions">
            <h2>Actions</h2>
            ${form(id, "closed", visit, html`${close}<button>Correct the closure</button>`)}
            ${atLeast(visit.user.role, "lead") && form(id, "reopened", visit, html`${noted(true)}<button>Reopen</button>`)}
        </section>`;
    return html`<section class="actions">
        <h2>Actions</h2>
        ${form(id, "acknowledged", visit, html`${noted(false)}<button>Acknowledge</button>`)}
        ${form(id, "snoozed", visit, html`${field("until", "For (30m, 8h, 3d) or until (time with zone)", "8h")}${noted(false)}<button>Snooze</button>`)}
        ${form(id, "closed", visit, html`${close}<button>Close</button>`)}
        <p><a href="${silenceAddress({ rule, entityKind, entity })}">Silence this rule for this ${entityKind} …</a></p>
    </section>`;
}

/** The page. */
export function alertPage(visit: Visit, found: Case): Html {
    const { alert, history, evidence } = found;
    const pairs = (values: Readonly<Record<string, string>>): string[][] => Object.entries(values);
    return page(
        `${alert.rule}: ${alert.severity}`,
        visit,
        html`<p class="reason" tabindex="0">${alert.reason}</p>
            ${head(found)} ${actions(visit, found)}
            <section>
                <h2>Timeline</h2>
                ${table(
                    "What happened (UTC)",
                    ["When", "What", "Who", "Note"],
                    [
                        [alert.raised_at, "fired", "", ""],
                        ...history.map(({ at, what, actor, note }) => [at, what, actor, note]),
                    ],
                )}
            </section>
            ${evidenceTables(evidence)}
            <section>
                <h2>Figures</h2>
                ${table("Details", ["Name", "Value"], pairs(alert.details))}
                ${table("Parameters of the rule", ["Name", "Value"], pairs(alert.parameters))}
            </section>`,
    );
}
