// What a person sees of a run: a line every few seconds while it lasts, and the ledger at its end.
import { type Ledger } from "./ledger";
import { type SimulationOptions, type Staged } from "./simulate";

const usualMs = 3_000;

/** What is said before something is staged: when it begins, and where to look for what came of it. */
export const staging = ({ scenario: { name, summary: plot, minutes }, at }: Staged, run: string): string =>
    `${name}: ${plot}.\nIt begins at ${new Date(at).toISOString()} and takes ${String(minutes)} minutes at most, mostly far less; Ctrl-C ends it. What was found:\n` +
    `  npm run alerts -- list --run ${JSON.stringify(run)}`;

const figure = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Tells how far a run is, every few seconds. */
export class Progress {
    private readonly began = performance.now();
    private told = this.began;
    private toldEvents = 0;

    constructor(
        private readonly options: SimulationOptions,
        private readonly say: (line: string) => void,
        private readonly everyMs = usualMs,
    ) {}

    /** Seconds since the run began. */
    get seconds(): number {
        return (performance.now() - this.began) / 1_000;
    }

    /** Takes in how many events are delivered, and the time of the last. */
    note(events: number, at: string): void {
        const now = performance.now();
        if (now - this.told < this.everyMs) return;
        const rate = ((events - this.toldEvents) * 1_000) / (now - this.told);
        this.say(`${this.where(at)}: ${figure(events)} events delivered, ${figure(rate)}/s`);
        this.told = now;
        this.toldEvents = events;
    }

    private where(at: string): string {
        const { start, minutes } = this.options;
        const open = (Date.parse(at) - start) / 60_000;
        if (open < 0) return `recorded past, ${at.slice(0, 10)}`;
        // Control totals come last, each of the moment its hour is over.
        return open > minutes ? "closed, control totals" : `minute ${figure(open)} of ${String(minutes)}`;
    }
}

/** The ledger by fact, as a table; the hours and symbols behind it are in control_totals. */
export function summary(ledger: Ledger, run: string, seconds: number): string {
    const byFact = Map.groupBy(ledger.totals, ({ declaration }) => declaration.name);
    const rows = [...byFact].map(([fact, totals]) => {
        const events = totals.reduce((sum, total) => sum + total.events, 0);
        return `  ${fact.padEnd(20)} ${figure(events).padStart(12)}`;
    });
    const rate = `${figure(ledger.events / seconds)} events/s`;
    const head = `run ${run}\n${figure(ledger.events)} events acknowledged in ${seconds.toFixed(1)} s, ${rate}`;
    return `${head}\n${rows.join("\n")}\n`;
}
