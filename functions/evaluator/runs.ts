// What is known of each run's data: how far it goes, and since when it is quiet.
import { type Known } from "./store";
import { type Micros, minute } from "../shared/time";
import { type Heartbeats } from "./watermark/heartbeats";
import { type Observed } from "./watermark/observer";

/** A run that has sent nothing for so long has come to its end, as far as anybody can tell. */
export const quietMs = 10_000;

interface RunState {
    /** When the broker received the last row of it, ms. */
    received: number;
    /** Greatest event_time by fact. */
    readonly newest: Map<string, Micros>;
}

/** All runs that are stored. */
export class Runs {
    private readonly states = new Map<string, RunState>();

    note({ arrived }: Pick<Observed, "arrived">): void {
        for (const [fact, arrivals] of arrived)
            for (const { run, last, received } of arrivals) {
                const state = this.states.get(run) ?? { received, newest: new Map<string, Micros>() };
                this.states.set(run, state);
                state.received = Math.max(state.received, received);
                state.newest.set(fact, Math.max(state.newest.get(fact) ?? last, last));
            }
    }

    /** Greatest event_time of a run in any of the facts; undefined where nothing is known. */
    newest(run: string, facts: readonly string[]): Micros | undefined {
        const newest = this.states.get(run)?.newest;
        const known = facts.flatMap((fact) => newest?.get(fact) ?? []);
        return known.length === 0 ? undefined : Math.max(...known);
    }

    /** Whether a run has sent nothing for a while, as far as the facts are complete. */
    quiet(run: string, complete: Known): boolean {
        const received = this.states.get(run)?.received ?? 0;
        return Math.min(...complete.values()) - received >= quietMs;
    }
}

/**
 * How far a rule may judge. The run '' is complete as far as the facts are, since an event is received after it happened and what comes later is late; and as
 * far as the sources say that post heartbeats. For good it is judged in whole minutes: alerts come from the early pass, and one query for a minute costs what
 * one for each of its seconds does. Other runs have clocks of their own: they are judged to the last event they sent, and for good once they are quiet.
 */
export function horizon(
    { run, lateness, facts }: { run: string; lateness: Micros; facts: readonly string[] },
    known: Known,
    runs: Runs,
    heartbeats: Pick<Heartbeats, "completeTo">,
): { watermark: Micros; final: Micros } {
    if (run === "") {
        const said = [...known.keys()].flatMap((fact) => heartbeats.completeTo(fact) ?? []);
        const watermark = Math.min(...said, Math.min(...known.values()) * 1_000);
        return { watermark, final: Math.floor((watermark - lateness) / minute) * minute };
    }
    const watermark = runs.newest(run, facts) ?? 0;
    return { watermark, final: runs.quiet(run, known) ? watermark : 0 };
}
