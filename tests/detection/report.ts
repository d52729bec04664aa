// A detection report in words and tables.
import { percentile } from "../bench/report";
import { type Share, type Tally, wilson } from "./tally";

/** What was measured, on what. */
export interface Setting {
    readonly date: string;
    /** Commit of the rules and the simulator. */
    readonly commit: string;
    readonly abuseSeeds: readonly number[];
    readonly cleanSeeds: readonly number[];
    readonly accounts: { readonly abuse: number; readonly clean: number };
    readonly minutes: { readonly abuse: number; readonly clean: number };
    readonly rows: number;
    /** How many instances the simulator left out. */
    readonly leftOut: number;
    readonly tookMinutes: number;
}

const aims = { recall: 0.9, falseAlerts: 1 } as const;
const share = (value: number): string => (Number.isNaN(value) ? "n/a" : value.toFixed(3));
const interval = (of: Share): string => wilson(of).map(share).join("-");
const per = (alerts: number, days: number): string => (days === 0 ? "n/a" : ((10_000 * alerts) / days).toFixed(2));
const seconds = (values: readonly number[], part: number): string =>
    values.length === 0 ? "n/a" : percentile(values, part).toFixed(1);
const named = ({ rule }: Tally): string =>
    `${rule.id} v${String(rule.version)}${rule.mode === "active" ? "" : ` (${rule.mode})`}`;
const seedsOf = (seeds: readonly number[]): string => (seeds.length === 0 ? "none" : seeds.join(" "));

/** Rows of text in columns: the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    return rows.map((row) =>
        row
            .map((cell, column) =>
                column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
            )
            .join("  ")
            .trimEnd(),
    );
}

function recallLines(tallies: readonly Tally[]): string[] {
    const head = ["rule", "positives", "found", "recall", "95% interval", "aim"];
    const rows = tallies.flatMap((tally) => {
        const { of, hits } = tally.recall;
        const met = tally.rule.mode !== "active" ? "none" : hits >= aims.recall * of ? "met" : "MISSED";
        const own = [named(tally), String(of), String(hits), share(hits / of), interval(tally.recall), met];
        const kinds = [...tally.scenarios].map(([kind, each]) => [
            ...[`  ${kind}`, String(each.of), String(each.hits), share(each.hits / each.of), interval(each), ""],
        ]);
        return kinds.length > 1 ? [own, ...kinds] : [own];
    });
    return table([head, ...rows]);
}

function cleanLines(tallies: readonly Tally[]): string[] {
    const head = ["rule", "false alerts", "entity-days", "per 10,000", "95% interval", "hours", "entities", "aim"];
    const rows = tallies.map((tally) => {
        const { entityDays, entities, hours } = tally.exposure.clean;
        const range = wilson({ of: entityDays, hits: Math.min(tally.cleanAlerts, entityDays) });
        const met = 10_000 * tally.cleanAlerts <= aims.falseAlerts * entityDays ? "met" : "MISSED";
        return [
            ...[named(tally), String(tally.cleanAlerts), String(entityDays), per(tally.cleanAlerts, entityDays)],
            range.map((each) => (10_000 * each).toFixed(2)).join("-"),
            ...[hours.toFixed(1), String(entities), met],
        ];
    });
    return table([head, ...rows]);
}

function precisionLines(tallies: readonly Tally[]): string[] {
    const head = [
        "rule",
        "alerts",
        "own",
        "other abuse",
        "decoy",
        "nothing",
        "precision",
        "own or other",
        "prevalence",
    ];
    const rows = tallies.map((tally) => {
        const { own, other, decoy, nothing } = tally.alerts;
        const all = own + other + decoy + nothing;
        return [
            ...[named(tally), String(all), String(own), String(other), String(decoy), String(nothing)],
            ...[share(own / all), share((own + other) / all), share(tally.recall.of / tally.exposure.abuse.entityDays)],
        ];
    });
    return table([head, ...rows]);
}

function timeLines(tallies: readonly Tally[]): string[] {
    const head = ["rule", "first event p50", "p95", "last event p50", "p95"];
    const rows = tallies.map((tally) => [
        named(tally),
        ...[0.5, 0.95].map((part) => seconds(tally.sinceFirst, part)),
        ...[0.5, 0.95].map((part) => seconds(tally.sinceLast, part)),
    ]);
    return table([head, ...rows]);
}

function decoyLines(tallies: readonly Tally[]): string[] {
    const kinds = [...new Set(tallies.flatMap(({ decoys }) => [...decoys.keys()]))].sort();
    return kinds.map((kind) => {
        const played = Math.max(...tallies.map(({ decoys }) => decoys.get(kind)?.of ?? 0));
        const fired = tallies.flatMap(({ rule, decoys }) => {
            const hits = decoys.get(kind)?.hits ?? 0;
            return hits === 0 ? [] : [`${rule.id} ${String(hits)}`];
        });
        return `${kind}: ${String(played)} played; alerts: ${fired.join(", ") || "none"}`;
    });
}

const paragraphs = {
    head: [
        "Results on our own simulator (functions/simulator), which was written by the same people as the rules: they say how the rules do on the abuse it",
        "plays, not on anybody's real market. Rules and simulator were tuned on seeds 1 to 19 only.",
    ],
    recall: [
        "Recall: scenarios with at least one alert of the rule, of all that were played. An alert belongs to a scenario when it names one of its entities, its",
        "trigger is not before the scenario's first event, and what the rule looked at reaches into the scenario's time (functions/evaluator/backtest/labels.ts).",
        "95% interval after Wilson. Aim: 0.90 for every active rule.",
    ],
    clean: [
        "False alerts on traffic without scenarios, decoys included; every alert counts, also repeated ones about one entity. An entity-day is a user (for rules",
        "on tokens: a token) and a day (UTC) on which he did anything in the judged hours; the venue is open for the last of them only, so most such days are",
        "parts of a day. Rules of fraud are judged on two days before the opening as well. Aim: at most 1 per 10,000.",
    ],
    precision: [
        "Precision in the streams with scenarios. own: belongs to a scenario the rule is to find; other abuse: to another scenario of the same people (many",
        "withdrawals of a thief are many withdrawals); decoy and nothing: false. Prevalence: scenarios per entity-day; it is far above that of any venue, and",
        "precision falls with it: at another prevalence it follows from recall and the rate of false alerts.",
    ],
    time: [
        "Time to detect, seconds of event time from a scenario's first event, and from its last (negative: it went on), to the trigger of its first alert.",
        "The trigger is the event that completes the pattern as the rule defines it, so from there to the alert it is 0 in event time for all rules but",
        "negative_buzz, which looks at whole minutes (up to 60 s). How long an alert takes on the wall clock is measured by npm run bench.",
    ],
};

/** The whole text. */
export function reportText(setting: Setting, tallies: readonly Tally[]): string {
    const { date, commit, abuseSeeds, cleanSeeds, accounts, minutes, rows, leftOut, tookMinutes } = setting;
    return [
        `Detection report, ${date}, commit ${commit}`,
        ...paragraphs.head,
        "",
        `With scenarios: seeds ${seedsOf(abuseSeeds)}; each ${String(accounts.abuse)} accounts, ${String(minutes.abuse)} minutes of trading after 28 days of logins and money.`,
        `Clean: seeds ${seedsOf(cleanSeeds)}; each ${String(accounts.clean)} accounts, ${String(minutes.clean)} minutes after 30 days.`,
        `${rows.toLocaleString("en")} rows in all; ${String(leftOut)} instances were left out by the simulator for want of people, tokens or time, and count nowhere. ${tookMinutes.toFixed(0)} minutes.`,
        ...["", "RECALL", ...paragraphs.recall, "", ...recallLines(tallies)],
        ...["", "FALSE ALERTS", ...paragraphs.clean, "", ...cleanLines(tallies)],
        ...["", "PRECISION", ...paragraphs.precision, "", ...precisionLines(tallies)],
        ...["", "TIME TO DETECT", ...paragraphs.time, "", ...timeLines(tallies)],
        ...["", "DECOYS, in all streams, with the rules that alerted on them and how many", "", ...decoyLines(tallies)],
        "",
        `Alerts of accounts under an agreement, marked as exempt and counted nowhere above: ${tallies.map(({ rule, exempt }) => `${rule.id} ${String(exempt)}`).join(", ")}.`,
        "",
    ].join("\n");
}
