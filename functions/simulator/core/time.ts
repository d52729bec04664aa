// Simulated time: microseconds since 1970 in UTC, as whole numbers.

export const millisecond = 1_000;
export const second = 1_000 * millisecond;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

let cachedSecond = Number.NaN;
let cachedText = "";

/** ISO 8601 with six digits, e.g. 2026-11-22T14:40:00.123456Z. */
export function iso(at: number): string {
    const whole = Math.floor(at / second);
    if (whole !== cachedSecond) {
        cachedSecond = whole;
        cachedText = new Date(whole * 1000).toISOString().slice(0, 20);
    }
    return `${cachedText}${String(at - whole * second).padStart(6, "0")}Z`;
}
