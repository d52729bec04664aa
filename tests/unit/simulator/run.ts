// For tests: one simulation, played once for all suites that only read it.
import { simulate, type SimulatedEvent, type SimulationOptions } from "../../../functions/simulator/simulate";
import { everything } from "../../../functions/simulator/scenarios/director";
import { repertoire } from "../../../functions/simulator/scenarios";

export type Row = Readonly<Record<string, string | null>>;

export const options: SimulationOptions = {
    seed: 11,
    accounts: 3_000,
    start: Date.parse("2026-11-22T12:00:00Z"),
    minutes: 130,
    historyDays: 6,
    scenarios: everything(2),
    scores: true,
};

/** What was played, by fact; `notes` says what was not, and why. */
export interface Played {
    readonly events: readonly SimulatedEvent[];
    readonly rows: (fact: string) => readonly Row[];
    readonly notes: readonly string[];
}

/** Plays a simulation to its end. */
export function play(given: SimulationOptions): Played {
    const notes: string[] = [];
    const events = [...simulate(given, (line) => notes.push(line))].flat();
    const byFact = Map.groupBy(events, ({ declaration }) => declaration.name);
    const rows = (fact: string): Row[] => (byFact.get(fact) ?? []).map(({ event }) => event as unknown as Row);
    return { events, rows, notes };
}

let shared: Played | undefined;

/** The one that suites share. */
export const played = (): Played => (shared ??= play(options));

export { repertoire };
