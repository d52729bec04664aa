// The weekly report: which rules made work for nothing.
import { type Session } from "./session";
import { columns } from "./text";

/** A row of trading.noisy_rules. */
interface Noise {
    readonly week: string;
    readonly owner: string;
    readonly rule: string;
    readonly rule_version: number;
    readonly alerts: number;
    readonly entities: number;
    readonly not_sent: number;
    readonly confirmed: number;
    readonly valuable: number;
    readonly false_positive: number;
    readonly open: number;
    readonly precision: number | null;
}

const head = [
    ...["WEEK FROM", "OWNER", "RULE", "VERSION", "ALERTS", "ENTITIES", "NOT SENT", "CONFIRMED", "VALUABLE"],
    ...["FALSE", "OPEN", "PRECISION"],
];

/** `rules noisy` in words: live alerts of the last weeks (from Monday, UTC) by rule, most false positives first. */
export async function noisyRules({ database }: Session, weeks: number): Promise<string> {
    const rows = await database.rows<Noise>(
        `SELECT toString(week) AS week, owner, rule, rule_version, alerts, entities, not_sent, confirmed, valuable, false_positive, open, precision
         FROM trading.noisy_rules WHERE trading.noisy_rules.week > toMonday(now('UTC')) - 7 * {weeks:UInt16}
         ORDER BY trading.noisy_rules.week DESC, false_positive DESC, open DESC, rule`,
        { weeks },
    );
    if (rows.length === 0) return "no live alert in these weeks\n";
    const cells = rows.map((row) => [
        ...[row.week, row.owner, row.rule, `v${String(row.rule_version)}`],
        ...[row.alerts, row.entities, row.not_sent, row.confirmed, row.valuable, row.false_positive, row.open].map(
            String,
        ),
        row.precision === null ? "too few closed" : row.precision.toFixed(2),
    ]);
    return columns([head, ...cells]);
}
