// Reading a venue's JSON with suspicion: each reader takes one field and says what is wrong with it; numbers stay the digits they came as.
import { decimalPattern } from "../../schema";

/** A parsed JSON object of the venue. */
export type Payload = Readonly<Record<string, unknown>>;

/** A field is not what the venue's documentation promises. */
export class MalformedError extends Error {
    override readonly name = "MalformedError";
}

/** Whether a value is a JSON object. */
export const isPayload = (value: unknown): value is Payload =>
    typeof value === "object" && value !== null && !Array.isArray(value);

const amount = new RegExp(decimalPattern(38, 18));

function bad(field: string, expected: string, found: unknown): MalformedError {
    const shown = found === undefined ? "nothing" : JSON.stringify(found).slice(0, 60);
    return new MalformedError(`${field}: not ${expected}, found ${shown}`);
}

/** A non-empty string. */
export function readText(payload: Payload, field: string): string {
    const value = payload[field];
    if (typeof value !== "string" || value === "") throw bad(field, "a text", value);
    return value;
}

/** A decimal with the venue's own digits; a JSON number is refused, for it may have lost some. */
export function readDecimal(payload: Payload, field: string): string {
    const value = payload[field];
    if (typeof value !== "string" || !amount.test(value)) throw bad(field, "a decimal string", value);
    return value;
}

/** A non-negative whole number that JSON carried exactly. */
export function readId(payload: Payload, field: string): number {
    const value = payload[field];
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0)
        throw bad(field, "a whole number", value);
    return value;
}

/** true or false. */
export function readFlag(payload: Payload, field: string): boolean {
    const value = payload[field];
    if (typeof value !== "boolean") throw bad(field, "true or false", value);
    return value;
}

/** Order-book levels as [price, quantity]; further members, which the venue once had, are left out. */
export function readLevels(payload: Payload, field: string): [string, string][] {
    const value = payload[field];
    if (!Array.isArray(value)) throw bad(field, "a list of levels", value);
    return value.map((level: unknown) => {
        const [price, quantity] = Array.isArray(level) ? (level as unknown[]) : [];
        if (
            typeof price !== "string" ||
            typeof quantity !== "string" ||
            !amount.test(price) ||
            !amount.test(quantity)
        ) {
            throw bad(field, "a level of two decimal strings", level);
        }
        return [price, quantity];
    });
}

/** ISO time of epoch milliseconds, with microseconds where the number has a fraction. */
export function isoTime(epochMs: number): string {
    const micros = Math.round(epochMs * 1000);
    const rest = micros % 1000;
    const base = new Date((micros - rest) / 1000).toISOString();
    return rest === 0 ? base : base.replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

/** A time of the venue as ISO: 13 digits are milliseconds, 16 are microseconds (the stream's `timeUnit` decides which come). */
export function readTime(payload: Payload, field: string): string {
    const value = payload[field];
    const digits = typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? String(value).length : 0;
    if (digits !== 13 && digits !== 16) throw bad(field, "a time of 13 or 16 digits", value);
    return digits === 13 ? isoTime(value as number) : microTime(value as number);
}

function microTime(micros: number): string {
    const rest = micros % 1000;
    return new Date((micros - rest) / 1000).toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}

/** A moment in epoch milliseconds, possibly with a fraction, as ISO. */
export function readMoment(payload: Payload, field: string): string {
    const value = payload[field];
    if (typeof value !== "number" || !(value > 0) || value > 4e12) throw bad(field, "epoch milliseconds", value);
    return isoTime(value);
}
