// Which scenarios a run has, when each of its instances begins, and who has been in one already.
import { type Journal } from "../core/journal";
import { Draw } from "../core/random";
import { minute } from "../core/time";
import { type World } from "../world/world";
import { repertoire } from "./index";
import { Cast, CastingError, type Scenario, Stage } from "./stage";

/** How many instances of each scenario, by name. */
export type Programme = Readonly<Record<string, number>>;

/** Nothing is played in the first minutes, while books fill. */
const warmUp = 2 * minute;

/** Every scenario and decoy so many times, those that are rare by nature less often. */
export const everything = (instances: number): Programme =>
    Object.fromEntries(repertoire.map(({ name, atMost = Infinity }) => [name, Math.min(instances, atMost)]));

/** Plays a programme in a world. */
export class Director {
    private readonly cast = new Cast();
    private over: number | undefined;

    /** `say` is told of every instance that is not played, and why. */
    constructor(
        private readonly world: World,
        private readonly journal: Journal,
        private readonly seed: number,
        private readonly tag: string,
        private readonly say: (line: string) => void,
    ) {}

    /** Puts all instances on the agenda: each somewhere in its own slice of the time there is. */
    plan(programme: Programme): void {
        for (const scenario of repertoire) {
            const count = programme[scenario.name] ?? 0;
            for (let n = 1; n <= count; n++) this.planOne(scenario, n, count);
        }
    }

    /** Puts one instance more on the agenda, at a time and as quick as it can be. */
    stage(scenario: Scenario, at: number): void {
        const draw = new Draw(this.seed, `${scenario.name} staged`);
        this.world.schedule.start(this.onStage(scenario, draw), at);
    }

    /** When what was staged came to its end; undefined before. */
    get stagedOver(): number | undefined {
        return this.over;
    }

    private *onStage(scenario: Scenario, draw: Draw): Generator<number, void> {
        yield* this.perform(`${this.tag}-${scenario.name}-staged`, scenario, draw, true);
        this.over = this.world.schedule.now;
    }

    private planOne(scenario: Scenario, n: number, count: number): void {
        const { span, schedule } = this.world;
        const from = span.start + warmUp;
        const room = span.end - scenario.minutes * minute - from;
        if (room <= 0) {
            if (n === 1) this.say(`${scenario.name}: not played, needs ${String(scenario.minutes + 3)} minutes`);
            return;
        }
        const draw = new Draw(this.seed, `${scenario.name} ${String(n)}`);
        const at = from + (room * (n - 1 + draw.float())) / count;
        const id = `${this.tag}-${scenario.name}-${String(n)}`;
        schedule.start(this.perform(id, scenario, draw), at);
    }

    private *perform(id: string, scenario: Scenario, draw: Draw, brisk = false): Generator<number, void> {
        const stage = new Stage(id, scenario, this.world, draw, this.cast, this.journal, brisk);
        try {
            yield* stage.perform();
        } catch (error) {
            if (!(error instanceof CastingError)) throw error;
            this.say(`${id}: left out: ${error.message}`);
        }
    }
}
