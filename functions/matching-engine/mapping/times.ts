// Foreign times as ours: UTC in ISO 8601 with at most six fraction digits; what is finer is cut off.
import { scaled } from "./numbers";

/** How a foreign feed writes its times. */
export const timeForms = ["seconds", "milliseconds", "microseconds", "nanoseconds", "iso", "utc", "fix"] as const;
export type TimeForm = (typeof timeForms)[number];

const digits = { seconds: 0, milliseconds: 3, microseconds: 6, nanoseconds: 9 } as const;

const isoForm = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,12}))?\s*(Z|[+-]\d\d:?\d\d)?$/;
const fixForm = /^(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)(?:\.(\d{1,12}))?$/;

function withFraction(date: Date, fraction: string): string {
    const base = date.toISOString().slice(0, 19);
    const kept = fraction.slice(0, 6);
    return kept === "" ? `${base}Z` : `${base}.${kept}Z`;
}

function fromEpoch(text: string, form: keyof typeof digits): string | undefined {
    const seconds = /^\d+(\.\d*)?$/.test(text) ? scaled(text, digits[form]) : undefined;
    if (seconds === undefined) return undefined;
    const [whole = "", fraction = ""] = seconds.split(".");
    // Beyond the year 9999 a date has another form; the feed refuses it anyway.
    return Number(whole) > 253_402_300_799 ? undefined : withFraction(new Date(Number(whole) * 1000), fraction);
}

function fromCalendar(text: string, form: "iso" | "utc" | "fix"): string | undefined {
    const match = (form === "fix" ? fixForm : isoForm).exec(text);
    const [, year, month, day, hour, minute, second, fraction = "", zone] = match ?? [];
    if (match === null || (form === "iso") !== (zone !== undefined)) return undefined;
    const offset = zone === undefined || zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
    const date = new Date(
        `${String(year)}-${String(month)}-${String(day)}T${String(hour)}:${String(minute)}:00${offset}`,
    );
    const seconds = Number(second);
    if (Number.isNaN(date.getTime()) || seconds > 60) return undefined;
    const local = new Date(`${String(year)}-${String(month)}-${String(day)}T00:00:00Z`);
    // Date rolls 31 February over into March; a feed that says so is wrong.
    if (local.getUTCDate() !== Number(day)) return undefined;
    // A leap second is the last moment of the second before, as everywhere in POSIX time.
    return withFraction(new Date(date.getTime() + Math.min(seconds, 59) * 1000), seconds === 60 ? "999999" : fraction);
}

/** The moment as ISO 8601 in UTC; undefined where the text is no time of this form. `utc` is ISO without a zone, `iso` has one. */
export function timeOf(text: string, form: TimeForm): string | undefined {
    return form === "iso" || form === "utc" || form === "fix" ? fromCalendar(text, form) : fromEpoch(text, form);
}
