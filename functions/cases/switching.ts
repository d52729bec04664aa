// Rules as they stand, and switching them off for a while. That is never for good: what a rule missed it judges afterwards.
import { ruleSwitches } from "../../schema/detection";
import { type Rule, rules } from "../../schema/rules";
import { type Database } from "../shared/clickhouse";
import { clickhouseMillis } from "../shared/time";
import { type Session } from "./session";
import { columns } from "./text";

interface Standing {
    rule: string;
    version: number;
    judged_to: string;
    state: string;
    error: string;
}
interface Switch {
    rule: string;
    until: string;
    author: string;
    reason: string;
}
interface Precision {
    rule: string;
    version: number;
    closed: number;
    right: number;
    precision: number | null;
}

/** The rule of this id. Throws with the ids there are. */
export function ruleOf(id: string): Rule {
    const found = rules.find((rule) => rule.id === id);
    if (found === undefined)
        throw new Error(`no rule ${JSON.stringify(id)}; there are ${rules.map((rule) => rule.id).join(", ")}`);
    return found;
}

/** A rule with how far it is, what it raised in the last day, how often it was right, and whether it rests. */
export interface RuleNow {
    readonly rule: Rule;
    /** running, warming or failing; never judged where there is no word of it. */
    readonly state: string;
    /** Triggers up to here have been judged for good, UTC; empty where it was never judged. */
    readonly judgedTo: string;
    /** Why it fails. */
    readonly error: string;
    readonly alertsOfDay: number;
    /** Closed live alerts of this version, and those of them that were confirmed or valuable. */
    readonly closed: number;
    readonly right: number;
    /** Undefined where too few were closed. */
    readonly precision: number | undefined;
    readonly off: { readonly until: string; readonly author: string; readonly reason: string } | undefined;
}

/** All rules as they stand. */
export async function rulesNow(database: Database): Promise<RuleNow[]> {
    const [standings, switches, today, precisions] = await Promise.all([
        database.rows<Standing>(
            `SELECT rule, rule_version AS version, toString(final_to) AS judged_to, toString(state) AS state, error
             FROM trading.rule_progress WHERE run = ''`,
        ),
        database.rows<Switch>(
            `SELECT rule, toString(disabled_until) AS until, author, reason FROM trading.rule_switches
             WHERE disabled_until > {now:DateTime64(3, 'UTC')}`,
            { now: clickhouseMillis(Date.now()) },
        ),
        database.rows<{ rule: string; alerts: number }>(
            `SELECT rule, uniqExact(alert_id) AS alerts FROM detection.alerts
             WHERE run = '' AND kind = 'alert' AND raised_at >= {since:DateTime64(3, 'UTC')} GROUP BY rule`,
            { since: clickhouseMillis(Date.now() - 86_400_000) },
        ),
        database.rows<Precision>(
            `SELECT rule, rule_version AS version, confirmed + valuable + false_positive AS closed, confirmed + valuable AS right, precision
             FROM trading.rule_precision`,
        ),
    ]);
    return rules.map((rule) => {
        const own = <T extends { rule: string; version: number }>(rows: readonly T[]): T | undefined =>
            rows.find((each) => each.rule === rule.id && each.version === rule.version);
        const [at, right] = [own(standings), own(precisions)];
        return {
            rule,
            ...{
                state: at?.state ?? "never judged",
                judgedTo: at?.judged_to.slice(0, 19) ?? "",
                error: at?.error ?? "",
            },
            alertsOfDay: today.find((each) => each.rule === rule.id)?.alerts ?? 0,
            ...{ closed: right?.closed ?? 0, right: right?.right ?? 0, precision: right?.precision ?? undefined },
            off: switches.find((each) => each.rule === rule.id),
        };
    });
}

/** How often a rule was right: 16/20 = 0.80; without a ratio where too few were closed. */
export const rightOf = ({ right, closed, precision }: RuleNow): string =>
    `${String(right)}/${String(closed)}${precision === undefined ? "" : ` = ${precision.toFixed(2)}`}`;

/** `rules list` in words: every rule with how far it is, what it raised in the last day, and how often it was right. */
export async function listRules({ database }: Session): Promise<string> {
    const lines = (await rulesNow(database)).map((now) => {
        const { rule, state, judgedTo, alertsOfDay, error, off } = now;
        return [
            ...[rule.id, `v${String(rule.version)}`, rule.mode, rule.severity, state, judgedTo, String(alertsOfDay)],
            rightOf(now),
            off === undefined ? error : `off until ${off.until} by ${off.author}: ${off.reason}`,
        ];
    });
    const head = ["RULE", "VERSION", "MODE", "SEVERITY", "STATE", "JUDGED TO (UTC)", "24 H", "RIGHT/CLOSED", "REMARK"];
    return columns([head, ...lines]);
}

const write = ({ database, actor }: Session, rule: string, until: number, reason: string, now: number): Promise<void> =>
    database.insert(`${ruleSwitches.database}.${ruleSwitches.name}`, [
        {
            ...{ rule, disabled_until: clickhouseMillis(until), reason, author: actor, at: clickhouseMillis(now) },
            version: String(BigInt(now) * 1_000n),
        },
    ]);

/** Switches a rule off until a time. Throws where there is no such rule. */
export async function disable(session: Session, id: string, until: Date, reason: string): Promise<string> {
    const { mode } = ruleOf(id);
    if (mode === "off") throw new Error(`${id} is declared off: it is not evaluated anyway`);
    await write(session, id, until.getTime(), reason, Date.now());
    await session.audit("rules.disable", id, { until: until.toISOString(), reason });
    return `${id} is off until ${until.toISOString()}; what comes meanwhile it judges afterwards\n`;
}

/** Switches it on again. Throws where there is no such rule, or it is not off. */
export async function enable(session: Session, id: string): Promise<string> {
    ruleOf(id);
    const now = Date.now();
    const [off] = await session.database.rows(
        "SELECT rule FROM trading.rule_switches WHERE rule = {id:String} AND disabled_until > {now:DateTime64(3, 'UTC')}",
        { id, now: clickhouseMillis(now) },
    );
    if (off === undefined) throw new Error(`${id} is not switched off`);
    await write(session, id, now, "", now);
    await session.audit("rules.enable", id);
    return `${id} is on; it judges what came since it was switched off\n`;
}
