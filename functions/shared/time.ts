// Times as detection counts them: microseconds since 1970 as numbers, which are exact until the year 2255.

/** Microseconds since 1970, UTC. */
export type Micros = number;

export const millisecond: Micros = 1_000;
export const second: Micros = 1_000 * millisecond;
export const minute: Micros = 60 * second;
export const hour: Micros = 60 * minute;
export const day: Micros = 24 * hour;

/** A moment as ClickHouse writes a DateTime64(6, 'UTC'): 2026-11-22 14:00:00.000001. */
export function clickhouseMicros(micros: Micros): string {
    const whole = Math.floor(micros / second);
    const seconds = new Date(whole * 1_000).toISOString().slice(0, 19).replace("T", " ");
    return `${seconds}.${String(micros - whole * second).padStart(6, "0")}`;
}

/** A moment in milliseconds as ClickHouse writes a DateTime64(3, 'UTC'). */
export const clickhouseMillis = (millis: number): string =>
    new Date(millis).toISOString().replace("T", " ").replace("Z", "");

/** ISO 8601, for people. */
export const iso = (micros: Micros): string => `${clickhouseMicros(micros).replace(" ", "T")}Z`;

/** bitNot of a moment: of two rows the earlier one has the greater version. */
export const firstWins = (nowMs: number): string => String(BigInt.asUintN(64, ~(BigInt(nowMs) * 1_000n)));
