// How far a rule has come in a run, and what is to be judged next: pure arithmetic of ranges.
import { type Micros } from "../../shared/time";

/** Triggers after `since`, up to and including `until`. */
export interface Range {
    readonly since: Micros;
    readonly until: Micros;
}

/** How far a rule has come in a run. */
export interface Progress {
    /** Triggers up to here have been judged once. */
    readonly earlyTo: Micros;
    /** Triggers up to here have been judged for good. */
    readonly finalTo: Micros;
    /** Triggers that were judged before all rows they depend on had come; undefined where there are none. */
    readonly late: Range | undefined;
    /** Triggers after it are to be judged again at once, since rows came for them; undefined where none did. */
    readonly again: Micros | undefined;
}

/**
 * Takes account of rows that came since, the earliest of them at `first`. A rule judges a trigger by what lies before it, so a row that comes
 * late can change the triggers from its own time on, as far as they have been judged.
 */
export function arrived(progress: Progress, first: Micros): Progress {
    if (first > progress.earlyTo) return progress;
    const { earlyTo, late, again } = progress;
    const since = first - 1;
    return {
        ...progress,
        late: { since: Math.min(since, late?.since ?? since), until: earlyTo },
        again: Math.min(since, again ?? since),
    };
}

/** What is to be judged at once: up to the watermark on the rule's grid, from where rows have come since, but never what was judged for good. */
export function earlyRange({ earlyTo, finalTo, again }: Progress, watermark: Micros, grid: Micros): Range | undefined {
    const until = Math.max(earlyTo, Math.floor(watermark / grid) * grid);
    const since = Math.min(earlyTo, Math.max(finalTo, again ?? earlyTo));
    return until > since ? { since, until } : undefined;
}

/** What is to be judged again, now that the allowed lateness has passed for all up to `bound`; undefined where nothing came late. */
export function finalRange({ finalTo, earlyTo, late }: Progress, bound: Micros): Range | undefined {
    if (late === undefined) return undefined;
    const since = Math.max(finalTo, late.since);
    const until = Math.min(bound, earlyTo, late.until);
    return until > since ? { since, until } : undefined;
}

/** After the early pass has come to `until`. */
export const judgedEarly = (progress: Progress, until: Micros): Progress => ({
    ...progress,
    earlyTo: Math.max(progress.earlyTo, until),
    again: until >= progress.earlyTo || progress.again === undefined ? undefined : Math.max(progress.again, until),
});

/** After the final pass has come to `until`. */
export function judgedFinally(progress: Progress, until: Micros): Progress {
    const finalTo = Math.max(progress.finalTo, Math.min(until, progress.earlyTo));
    const open = progress.late !== undefined && progress.late.until > finalTo;
    return { ...progress, finalTo, late: open ? progress.late : undefined };
}

/** A range in parts that end on multiples of `size`: bounded work, whatever has piled up. */
export function* slices({ since, until }: Range, size: Micros): Generator<Range> {
    for (let from = since; from < until;) {
        const to = Math.min((Math.floor(from / size) + 1) * size, until);
        yield { since: from, until: to };
        from = to;
    }
}
