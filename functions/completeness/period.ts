// The period a command looks at, from the words of its options.
import { InvalidArgumentError } from "commander";

/** From inclusive, until exclusive, both of event_time. */
export interface Period {
    readonly from: Date;
    readonly until: Date;
}

/** A time of an option: ISO 8601 with a zone. */
export function parseTime(text: string): Date {
    const zoned = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
    const time = new Date(text);
    if (!zoned || Number.isNaN(time.getTime()))
        throw new InvalidArgumentError("must be a day or a time with its zone, like 2026-11-22T14:00:00Z");
    return time;
}

/** A moment as ClickHouse parameters take it. */
export const clickhouseTime = (time: Date): string => time.toISOString().replace("T", " ").replace("Z", "");
