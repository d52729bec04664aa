// Whom a case is about: the users and accounts an alert names, and what belongs to them in its time.
import { type Database } from "../../shared/clickhouse";
import { clickhouseMicros, type Micros, minute } from "../../shared/time";
import { type Alert, type StoredEvidence } from "../alert";

/** What the files of a case are asked with. */
export interface CaseScope {
    readonly alert: string;
    /** Run the alert is of; empty for live. */
    readonly run: string;
    /** Period looked at, as ClickHouse writes times. */
    readonly from: string;
    readonly to: string;
    readonly users: readonly string[];
    readonly accounts: readonly string[];
    /** Tokens, where the alert is about one. */
    readonly tokens: readonly string[];
}

const who = /(^|_)(user|account)_id$/;

/** Values of all fields that name users (`user`) or accounts (`account`), at any depth. */
function named(value: unknown, kind: string, found = new Set<string>()): Set<string> {
    if (typeof value === "object" && value !== null)
        for (const [key, each] of Object.entries(value)) {
            if (typeof each === "string" && each !== "" && who.exec(key)?.[2] === kind) found.add(each);
            else named(each, kind, found);
        }
    return found;
}

/** Those the alert names itself; of one about a token those in its evidence. Others of the evidence are nobody's case. */
function namedBy(
    { entity_kind: kind, entity_id: entity }: Alert,
    evidence: readonly StoredEvidence[],
): Pick<CaseScope, "users" | "accounts" | "tokens"> {
    if (kind === "user") return { users: [entity], accounts: [], tokens: [] };
    if (kind !== "token") return { users: [], accounts: entity.split("|"), tokens: [] };
    const rows = evidence.filter(({ content }) => content !== "").map(({ content }) => JSON.parse(content) as unknown);
    return { users: [...named(rows, "user")], accounts: [...named(rows, "account")], tokens: [entity] };
}

/** Users and accounts together, wherever both stand in a row. */
const couples = [
    ["user_orders", "user_id", "account_id"],
    ["user_trades", "maker_user_id", "maker_account_id"],
    ["user_trades", "taker_user_id", "taker_account_id"],
    ["user_deposits", "user_id", "account_id"],
    ["user_withdrawals", "user_id", "account_id"],
    ["user_actions", "user_id", "account_id"],
] as const;

/** The condition of a row of a fact on the period and run of a case. */
export const inPeriod =
    "ifNull(run_id, '') = {run:String} AND toStartOfMinute(event_time) >= toStartOfMinute({from:DateTime64(6, 'UTC')}) " +
    "AND toStartOfMinute(event_time) <= {to:DateTime64(6, 'UTC')} " +
    "AND event_time >= {from:DateTime64(6, 'UTC')} AND event_time <= {to:DateTime64(6, 'UTC')}";

const micros = (time: string): Micros =>
    Date.parse(`${time.slice(0, 19).replace(" ", "T")}Z`) * 1_000 + Number(time.slice(20).padEnd(6, "0"));

/** Whom and when a case is about: from `aroundMinutes` before the alert's window until so long after its event. */
export async function scopeOf(
    database: Database,
    alert: Alert,
    evidence: readonly StoredEvidence[],
    aroundMinutes: number,
): Promise<CaseScope> {
    const scope = {
        ...{ alert: alert.alert_id, run: alert.run, ...namedBy(alert, evidence) },
        from: clickhouseMicros(micros(alert.window_from) - aroundMinutes * minute),
        to: clickhouseMicros(micros(alert.event_time) + aroundMinutes * minute),
    };
    const parts = couples.map(
        ([fact, user, account]) =>
            `SELECT ifNull(${user}, '') AS user, ifNull(${account}, '') AS account FROM trading.${fact}
             WHERE ${inPeriod} AND (${user} IN {users:Array(String)} OR ${account} IN {accounts:Array(String)})`,
    );
    const rows = await database.rows<{ user: string; account: string }>(
        `SELECT DISTINCT user, account FROM (${parts.join("\nUNION ALL\n")})`,
        { ...scope },
    );
    const all = (own: readonly string[], found: readonly string[]): string[] =>
        [...new Set([...own, ...found])].filter((each) => each !== "").sort();
    return {
        ...scope,
        users: all(
            scope.users,
            rows.map(({ user }) => user),
        ),
        accounts: all(
            scope.accounts,
            rows.map(({ account }) => account),
        ),
    };
}
