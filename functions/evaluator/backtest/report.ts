// A backtest in words.
import { reasonOf } from "../../../schema/rules";
import { type Judged } from "../rules/terms";
import { day, iso } from "../../shared/time";
import { type Outcome, type Past } from "./judging";
import { type Quality } from "./labels";

const samples = 10;
const percent = (part: number, of: number): string => (of === 0 ? "n/a" : `${((100 * part) / of).toFixed(1)}%`);

function byDay(findings: readonly Judged[]): string[] {
    const counts = new Map<string, number>();
    for (const { eventTime } of findings) {
        const date = iso(Math.floor(eventTime / day) * day).slice(0, 10);
        counts.set(date, (counts.get(date) ?? 0) + 1);
    }
    return [...counts].map(([date, count]) => `  ${date}  ${String(count).padStart(6)}`);
}

function sampleLines({ evaluated }: Past, findings: readonly Judged[]): string[] {
    return findings.slice(0, samples).map(({ alertId, eventTime, entityId, score, details, exemption }) => {
        const exempt = exemption === "" ? "" : ` [exempt: ${exemption}]`;
        return `  ${iso(eventTime)}  ${score.toFixed(1).padStart(5)}  ${entityId}: ${reasonOf(evaluated.rule, details)}${exempt} (${alertId})`;
    });
}

function qualityLines({ scenarios, detected, decoys, decoysFired, right, alerts }: Quality): string[] {
    return [
        `recall     ${percent(detected, scenarios)}: ${String(detected)} of ${String(scenarios)} labelled scenarios`,
        `precision  ${percent(right, alerts)}: ${String(right)} of ${String(alerts)} alerts belong to one of them`,
        `decoys     ${String(decoysFired)} of ${String(decoys)} fired`,
    ];
}

/** The text of a backtest; `quality` where there are labels. */
export function reportOf(past: Past, outcome: Outcome, quality: Quality | undefined): string {
    const { evaluated, range, run, mode, values } = past;
    const { findings, queries, readRows, byLog } = outcome;
    const { id, version } = evaluated.rule;
    const own = Object.entries(values).map(([name, value]) => `${name}=${value}`);
    const how = mode === "known-at" ? `known-at, ${byLog ? "by the log of live evaluations" : "modelled"}` : mode;
    const exempt = findings.filter(({ exemption }) => exemption !== "").length;
    const entities = new Set(findings.map(({ entityId }) => entityId)).size;
    return [
        `${id} v${String(version)}, ${iso(range.since)} to ${iso(range.until)}, run ${run === "" ? "live" : run}, ${how}`,
        `parameters ${own.join(" ") || "none"}`,
        `${String(findings.length)} alerts (${String(exempt)} of them exempt) of ${String(entities)} entities; ${String(queries)} queries read ${String(readRows)} rows`,
        ...(findings.length > 0 ? ["", "alerts per day (UTC)", ...byDay(findings)] : []),
        ...(findings.length > 0 ? ["", "samples", ...sampleLines(past, findings)] : []),
        ...(quality === undefined ? [] : ["", ...qualityLines(quality)]),
        "",
    ].join("\n");
}
