// One alert in full: what it says, what was done about it, what it stands on.
import { alertOf, evidenceOf, historyOfAlert } from "./alert";
import { type Session } from "./session";
import { columns, fields, shown } from "./text";

const pairs = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
        .map(([name, value]) => `${name}=${value}`)
        .join(" ");

/** `alerts show` in words. Throws where there is no such alert. */
export async function show(session: Session, id: string): Promise<string> {
    const { database } = session;
    const { alert, state } = await alertOf(database, id);
    const [history, evidence] = [await historyOfAlert(database, id), await evidenceOf(database, alert)];
    await session.audit("alerts.show", id);
    const head = fields({
        alert: alert.alert_id,
        state: `${state.state}${state.outcome === "" ? "" : `: ${state.outcome}`} since ${state.changed_at}${state.actor === "" ? "" : ` by ${state.actor}`}`,
        "snoozed until": state.snoozed_until ?? "",
        note: state.note,
        rule: `${alert.rule} v${String(alert.rule_version)} (${alert.mode}), ${alert.severity}, ${alert.owner}`,
        entity: `${alert.entity_kind} ${alert.entity_id}`,
        reason: alert.reason,
        score: String(alert.score),
        "event time": `${alert.event_time}, window from ${alert.window_from}`,
        raised: `${alert.raised_at} (${alert.pass}), rows known until ${alert.known_at}, range to ${alert.as_of}`,
        origin: `${alert.origin}${alert.run === "" ? "" : `, run ${alert.run}`}`,
        trigger: alert.trigger_key,
        details: pairs(alert.details),
        parameters: pairs(alert.parameters),
        exempt: alert.exemption,
        "held back": alert.held_back,
        warming: alert.warming ? "yes: the history the rule needs was not covered yet" : "",
        summary: alert.kind === "summary" ? "stands for the alerts of an hour that were held back" : "",
    });
    const steps = history.map(({ at, what, actor, note }) => [at, what, actor, note]);
    const rows = evidence.map(({ position, source, hash, content }) => [
        ...[`#${String(position)}`, source, hash.slice(0, 12), content],
    ]);
    return [
        head,
        `\nhistory (UTC)\n`,
        columns([[alert.raised_at, "fired", "", ""], ...steps]),
        `\nevidence, ${String(rows.length)} rows, hash ${shown(alert.evidence_hash)}\n`,
        columns(rows),
    ].join("");
}
