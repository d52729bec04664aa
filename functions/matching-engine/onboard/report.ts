// A profile in words: what is wrong first, then what is there.
import { type FactProfile, type Occurrence, type Profile } from "./profile";

/** Entries of a list that are shown; the rest is a number. */
const shown = 20;

const plural = (count: number, one: string): string => `${String(count)} ${one}${count === 1 ? "" : "s"}`;
const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)}%`;

function listed<T>(items: readonly T[], line: (item: T) => string): string[] {
    const lines = items.slice(0, shown).map((item) => `  ${line(item)}`);
    return items.length > shown ? [...lines, `  and ${String(items.length - shown)} more`] : lines;
}

function section(title: string, lines: readonly string[], none?: string): string[] {
    if (lines.length === 0) return none === undefined ? [] : [`${title}: ${none}`];
    return [`${title}:`, ...lines];
}

const occurrence = ({ what, count, line }: Occurrence): string =>
    `${what}  (${plural(count, "time")}, first in line ${String(line)})`;

/** Milliseconds as people say them. */
function duration(ms: number): string {
    const size = Math.abs(ms);
    if (size < 1_000) return `${String(Math.round(ms))} ms`;
    if (size < 120_000) return `${(ms / 1_000).toFixed(1)} s`;
    return size < 7_200_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

function factLines({ fact, events, duplicates, nulls, unfilled, firstTime, lastTime, late }: FactProfile): string[] {
    if (events === 0) return [];
    const absent = nulls
        .filter(({ nulls: count }) => count > 0)
        .map(({ column, nulls: count }) => `${column} ${percent(count, events)}`);
    return [
        `  ${fact}: ${plural(events, "event")} from ${firstTime ?? ""} to ${lastTime ?? ""}`,
        ...(duplicates > 0 ? [`    ${plural(duplicates, "duplicate")}: the same identity again`] : []),
        ...(late > 0 ? [`    ${String(late)} older than the fact keeps events: set aside as late`] : []),
        `    null rates: ${absent.length === 0 ? "none of the mapped columns is ever absent" : absent.join(", ")}`,
        ...(unfilled.length > 0 ? [`    never filled by this mapping: ${unfilled.join(", ")}`] : []),
    ];
}

function emptyLines({ empty, unnamed }: Profile): string[] {
    return [
        ...empty.map((fact) => `  ${fact}: named by the mapping, but no record of the sample becomes one`),
        ...unnamed.map((fact) => `  ${fact}: not named by this mapping`),
    ];
}

function sequenceLines({ counted, gaps, repeated }: Profile): string[] {
    if (!counted) return ["Sequence: not checked, the mapping names no sequence"];
    const counter = (within: string): string => (within === "" ? "" : `${within}: `);
    const missing = gaps.reduce((sum, { first, last }) => sum + BigInt(last) - BigInt(first) + 1n, 0n);
    return [
        ...section(
            `Sequence gaps (${String(missing)} missing)`,
            listed(
                gaps,
                ({ within, first, last, line }) =>
                    `${counter(within)}${first === last ? first : `${first} to ${last}`}  (before line ${String(line)})`,
            ),
        ),
        ...section("Sequence numbers repeated", listed(repeated, occurrence)),
        ...(gaps.length === 0 && repeated.length === 0 ? ["Sequence: no gap, none repeated"] : []),
    ];
}

function clockLines({ clock, backwards }: Profile): string[] {
    const skew =
        clock === undefined
            ? "Clock skew: not told, the mapping names no clock"
            : `Clock skew (sent after it happened): ${duration(clock.min)} to ${duration(clock.max)}, median ${duration(clock.median)}, ${plural(clock.records, "record")}` +
              (clock.min < 0 ? "; a negative skew means that the two clocks disagree" : "");
    const back =
        backwards.records === 0
            ? []
            : [
                  `Event times run backwards in ${plural(backwards.records, "record")}, by up to ${duration(backwards.most)}`,
              ];
    return [skew, ...back];
}

/** Whether something in the profile keeps records from becoming events. */
export const needsWork = (profile: Profile): boolean =>
    profile.unreadable.length + profile.unmatched.length + profile.refused.length + profile.empty.length > 0;

/** The report of `npm run onboard`. */
export function reportOf(profile: Profile, mappingFile: string, sampleFile: string): string {
    const { records, outcomes, facts, lonely } = profile;
    const became = Object.entries(outcomes).map(([outcome, count]) => `${String(count)} ${outcome}`);
    const lines = [
        `${sampleFile} through ${mappingFile}: ${plural(records, "record")}, ${became.join(", ")}`,
        "",
        ...section("Cannot be read", listed(profile.unreadable, occurrence)),
        ...section("No rule matches", listed(profile.unmatched, occurrence)),
        ...section("Unmapped enum values", listed(profile.unmappedWords, occurrence), "none"),
        ...section(
            "Refused by the catalogue",
            listed(profile.refused, (each) => `${each.fact}: ${occurrence(each)}`),
            "none",
        ),
        ...section(
            "Unmapped fields",
            listed(
                profile.unmappedFields,
                ({ path, records: count, example }) =>
                    `${path}  (${plural(count, "time")}, e.g. ${JSON.stringify(example)})`,
            ),
            "none",
        ),
        ...section("Facts", facts.flatMap(factLines), "no events"),
        ...section("Facts that would stay empty", emptyLines(profile), "none"),
        ...sequenceLines(profile),
        ...clockLines(profile),
        ...(lonely > 0 ? [`Pairs: ${plural(lonely, "record")} without the other half in the sample`] : []),
        "",
        needsWork(profile)
            ? "Not ready: see above."
            : "Ready: every record of the sample is an event or ignored on purpose.",
    ];
    return `${lines.join("\n")}\n`;
}
