// The simulation as a stream of events: the same options give the same events, byte for byte.
import { crc32 } from "node:zlib";
import { type SimulatedEvent, Journal } from "./core/journal";
import { Schedule } from "./core/schedule";
import { day, millisecond, minute } from "./core/time";
import { Director, type Programme } from "./scenarios/director";
import { type Scenario } from "./scenarios/stage";
import { World } from "./world/world";

export type { SimulatedEvent } from "./core/journal";

export interface SimulationOptions {
    readonly seed: number;
    /** Users, each with an account. */
    readonly accounts: number;
    /** Opening of the venue, milliseconds since 1970. */
    readonly start: number;
    /** How long it is open. */
    readonly minutes: number;
    /** How much of the past is recorded before the opening: logins, deposits and withdrawals at all, posts of the last eight days. */
    readonly historyDays: number;
    /** Those who stay away were last seen in the first fifth of so many days before the opening; of the recorded past where it is left out. */
    readonly dormantDays?: number;
    /** Instances of each scenario and decoy, by name; none of those left out. */
    readonly scenarios: Programme;
    /** Whether posts come with sentiment scores; without, something else in the stack has to give them. */
    readonly scores: boolean;
    /** One more instance, at a time and as quick as it can be; the simulation ends soon after it. */
    readonly staged?: Staged;
}

/** What somebody wants to see happen. */
export interface Staged {
    readonly scenario: Scenario;
    /** When it begins, milliseconds since 1970. */
    readonly at: number;
}

/** Events handed over together, at least. */
const batchEvents = 1_000;
/** Of a simulation that somebody watches, at most what happens in this time. */
const batchSpan = 100 * millisecond;
/** How long it goes on after what was staged: to rules, what comes later says that what came before is complete. */
const afterwards = minute;

/** Name of the run: what follows from the same options is the same run. */
export function runId(options: SimulationOptions): string {
    const { seed, accounts, start, minutes, historyDays, dormantDays, scenarios, scores, staged } = options;
    const played = Object.entries(scenarios).filter(([, instances]) => instances > 0);
    const away = dormantDays === undefined ? [] : [dormantDays];
    const watched = staged === undefined ? [] : [staged.scenario.name, staged.at];
    const rest = JSON.stringify([accounts, minutes, historyDays, scores, played.sort(), ...away, ...watched]);
    const version = crc32(rest).toString(16).padStart(8, "0");
    return `sim-${String(seed)} ${new Date(start).toISOString()} ${version}`;
}

/** Plays the simulation; yields batches of events in the order of their times. `say` is told of scenarios that cannot be played. */
export function* simulate(
    options: SimulationOptions,
    say: (line: string) => void = () => undefined,
): Generator<SimulatedEvent[], void> {
    const run = runId(options);
    const start = options.start * 1_000;
    const span = {
        historyStart: start - options.historyDays * day,
        awayFrom: start - (options.dormantDays ?? options.historyDays) * day,
        start,
        end: start + options.minutes * minute,
    };
    const tag = crc32(run).toString(16).padStart(8, "0");
    const schedule = new Schedule(0);
    const journal = new Journal(schedule, run);
    const world = new World({ ...options, tag, span }, schedule, journal);
    world.begin();
    const director = new Director(world, journal, options.seed, tag, say);
    director.plan(options.scenarios);
    const { staged } = options;
    if (staged !== undefined) director.stage(staged.scenario, staged.at * 1_000);
    const longest = staged === undefined ? Infinity : batchSpan;
    let taken = schedule.now;
    while (schedule.step(Math.min(span.end, (director.stagedOver ?? Infinity) + afterwards))) {
        if (journal.length < batchEvents && schedule.now - taken < longest) continue;
        taken = schedule.now;
        if (journal.length > 0) yield journal.take();
    }
    if (journal.length > 0) yield journal.take();
}
