// Offsets as ranges: pure arithmetic of the auditor.

/** Offsets from `first` to `last`, both included. */
export interface Range {
    first: bigint;
    last: bigint;
}

/** Neighbouring offsets as ranges; `offsets` ascend. */
export function toRanges(offsets: readonly bigint[]): Range[] {
    const ranges: Range[] = [];
    for (const offset of offsets) {
        const open = ranges.at(-1);
        if (open !== undefined && offset === open.last + 1n) open.last = offset;
        else ranges.push({ first: offset, last: offset });
    }
    return ranges;
}
