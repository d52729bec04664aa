/** From what is stored to what will be: sizes in steady state, days until a disk is full. Pure. */

/** A table as it was found. */
export interface Found {
    name: string;
    rows: number;
    /** On the disk, compressed. */
    bytes: number;
    /** Rows that came in during the look, and its length in hours. */
    recent: number;
    hours: number;
    /** Days a row is kept; Infinity: for ever. */
    days: number;
}

/** What a table grows by. */
export interface Growth {
    name: string;
    bytesPerRow: number;
    rowsPerDay: number;
    bytesPerDay: number;
    /** Size once as much expires as comes in; Infinity where nothing expires. */
    steadyBytes: number;
}

const hoursPerDay = 24;

/** A table's growth at the rate it was seen at. Bytes per row are those of all that is stored, so that merges have done their part. */
export function growth({ name, rows, bytes, recent, hours, days }: Found): Growth {
    const bytesPerRow = rows === 0 ? 0 : bytes / rows;
    const rowsPerDay = hours === 0 ? 0 : (recent / hours) * hoursPerDay;
    const bytesPerDay = bytesPerRow * rowsPerDay;
    return { name, bytesPerRow, rowsPerDay, bytesPerDay, steadyBytes: bytesPerDay === 0 ? 0 : bytesPerDay * days };
}

/** Size of a table after some days: it grows until it is as old as its rows get. A table that holds more than it will is taken not to shrink. */
const sizeAfter = (days: number, now: number, { bytesPerDay, steadyBytes }: Growth): number =>
    Math.max(now, Math.min(now + bytesPerDay * days, steadyBytes));

/** Further than this no rate of today says anything. */
const horizonDays = 3_650;

/**
 * Whole days until the disk has no byte left; undefined: not within ten years.
 * @param tables growth and present size in bytes of each
 * @param free bytes
 */
export function daysUntilFull(tables: readonly (readonly [Growth, number])[], free: number): number | undefined {
    const more = (days: number): number =>
        tables.reduce((sum, [table, now]) => sum + sizeAfter(days, now, table) - now, 0);
    if (more(horizonDays) < free) return undefined;
    let [low, high] = [0, horizonDays];
    while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        if (more(middle) < free) low = middle;
        else high = middle;
    }
    return low;
}
