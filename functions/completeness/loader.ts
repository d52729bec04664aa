// Takes a file of history to Kafka, some lines at a time, and counts what becomes of them.
import { createReadStream } from "node:fs";
import { type Declaration } from "../../schema";
import { type Delivery, type Outgoing } from "../shared/delivery";
import { type Line, LineCutter } from "../shared/lines";
import { judge } from "./history";

const dayMs = 86_400_000;

/** What a run has done so far. */
export interface Count {
    lines: number;
    sent: number;
    refused: number;
    /** Older than the fact keeps events: the feed sets them aside as late. */
    late: number;
}

/** Sends lines and counts what becomes of them. */
export class Loader {
    readonly count: Count = { lines: 0, sent: 0, refused: 0, late: 0 };

    /** `now` in epoch milliseconds: what is too old for the fact counts from there. */
    constructor(
        private readonly fact: Declaration,
        private readonly delivery: Delivery,
        private readonly signal: AbortSignal,
        private readonly onRefused: (line: number, reasons: readonly string[]) => void,
        private readonly now = Date.now(),
    ) {}

    /** Resolves when Kafka has acknowledged every sound line. */
    async load(lines: readonly Line[]): Promise<void> {
        const events: Outgoing[] = [];
        const numbers = new Map<string, number>();
        let late = 0;
        for (const { value, cut, number } of lines) {
            const verdict = cut ? { reasons: ["over 4 MiB"] } : judge(this.fact, value);
            if ("reasons" in verdict) {
                this.refuse(number, verdict.reasons);
                continue;
            }
            const { event } = verdict;
            events.push({ declaration: this.fact, event });
            numbers.set(event.event_id, number);
            const { retentionDays } = this.fact;
            if (retentionDays !== undefined && Date.parse(event.event_time) < this.now - retentionDays * dayMs)
                late += 1;
        }
        const refusals = await this.delivery.deliver(events, this.signal);
        const unsent = refusals.flatMap(({ packet, reason }) => packet.lines.map((line) => ({ line, reason })));
        for (const { line, reason } of unsent) {
            const { event_id: id } = JSON.parse(line) as { event_id: string };
            this.refuse(numbers.get(id) ?? 0, [`Kafka refuses it: ${reason}`]);
        }
        this.count.lines = lines.at(-1)?.number ?? this.count.lines;
        this.count.sent += events.length - unsent.length;
        this.count.late += late;
    }

    private refuse(number: number, reasons: readonly string[]): void {
        this.count.refused += 1;
        this.onRefused(number, reasons);
    }
}

/** Reads the file's lines, some at a time, blank ones counted but left out. */
export async function* linesOf(file: string): AsyncGenerator<{ lines: Line[]; bytes: number }> {
    const cutter = new LineCutter();
    let bytes = 0;
    for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
        bytes += (chunk as Buffer).length;
        yield { lines: cutter.push(chunk as Buffer), bytes };
    }
    const last = cutter.rest();
    if (last !== undefined) yield { lines: [last], bytes };
}
