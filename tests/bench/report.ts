// Figures of a benchmark as lines of text: both sides and the ratio, with the spread over the rounds.

/** The value below which a share of the others lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

const count = (value: number): string => Math.round(value).toLocaleString("en");

/** Rounds of rates of two sides as one line; the ratio is the median of the rounds' ratios. */
export function ratioLine(
    title: string,
    ours: string,
    theirs: string,
    pairs: readonly { ours: number; theirs: number }[],
    aim: string,
): string {
    const ratios = pairs.map((pair) => pair.ours / pair.theirs);
    const a = count(median(pairs.map((pair) => pair.ours)));
    const b = count(median(pairs.map((pair) => pair.theirs)));
    const spread = `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`;
    return `${title}: ${ours} ${a} rows/s, ${theirs} ${b} rows/s, ratio ${median(ratios).toFixed(2)} (${spread}, ${String(pairs.length)} rounds; aim ${aim})`;
}
