// The time a dashboard looks at: the last hours or days, or from one moment to another.
import { Problem } from "./visiting";

/** Spans up to now, hours. */
export const spans = { "1h": 1, "6h": 6, "24h": 24, "7d": 168, "30d": 720 } as const;
export type Span = keyof typeof spans;

/** What was asked for; `from` and `to` as a field of a form has them, UTC, e.g. 2026-11-22 14:00; empty: the span counts, or it ends now. */
export interface Asked {
    readonly span: Span;
    readonly from: string;
    readonly to: string;
}

/** The time that is looked at, milliseconds since 1970, with what was asked for. */
export interface Range extends Asked {
    readonly fromMs: number;
    readonly toMs: number;
}

const hourMs = 3_600_000;
/** As long as rollups by day are kept. */
const longestDays = 400;

function momentOf(name: string, text: string): number {
    const [, day, time] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)Z?$/.exec(text.trim()) ?? [];
    const zoned = Date.parse(`${day ?? ""}T${time ?? ""}Z`);
    if (Number.isNaN(zoned))
        throw new Problem(400, `${name} must be a time in UTC like 2026-11-22 14:00, found ${JSON.stringify(text)}.`);
    return zoned;
}

/** The time that is asked for. Throws a Problem where there is none. */
export function rangeOf(asked: Asked, nowMs: number): Range {
    const { span, from, to } = asked;
    if (from === "" && to !== "") throw new Problem(400, "Say from when, too.");
    const toMs = to === "" ? nowMs : momentOf("To", to);
    const fromMs = from === "" ? toMs - spans[span] * hourMs : momentOf("From", from);
    if (fromMs >= toMs) throw new Problem(400, "From must be before to.");
    if (toMs - fromMs > longestDays * 24 * hourMs)
        throw new Problem(400, `At most ${String(longestDays)} days can be looked at.`);
    return { ...asked, fromMs, toMs };
}
