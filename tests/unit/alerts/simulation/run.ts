// For the simulator: workers one after the other over the same tables and receivers, in virtual time, each killed at any step, or left alive while the next one takes over.
import { type Circumstances, type Policy } from "../../../../functions/alerts/core/decide";
import { delivering } from "../../../../functions/alerts/core/delivering";
import { settleMs } from "../../../../functions/alerts/core/fence";
import { type LaneLimits } from "../../../../functions/alerts/core/lane";
import { type Alert, type Destination } from "../../../../functions/alerts/core/model";
import { type Next, Worker } from "./worker";
import { Violation, type Weather, World } from "./world";

/** How a message is delivered: the product's own way, or one that is wrong on purpose. */
export type Delivering = typeof delivering;

/** What happens in a run, all of it made from a seed. */
export interface Plan {
    readonly destinations: readonly Destination[];
    readonly policy: Policy;
    readonly limits: LaneLimits;
    readonly circumstances: Circumstances;
    readonly alerts: readonly Alert[];
    /** When each alert is taken on by somebody; Infinity: never. */
    readonly acknowledged: ReadonlyMap<string, number>;
    readonly weather: readonly { readonly at: number; readonly target: string; readonly weather: Weather }[];
    /** After so many steps of its own each worker is followed by the next: it is killed, or goes on beside it. */
    readonly ends: readonly { readonly after: number; readonly killed: boolean }[];
    /** When the first worker starts. */
    readonly from: number;
    /** The weather is fine from then on. */
    readonly until: number;
}

/** Ways in which a run is wrong on purpose. */
export interface Wrong {
    readonly deliver?: Delivering;
    /** Workers do not look at the claims. */
    readonly unfenced?: boolean;
    /** A worker that takes over does not wait. */
    readonly hasty?: boolean;
}

/** Long after all has been tried for the last time. */
const maxSteps = 200_000;

export class Run {
    readonly world: World;
    steps = 0;
    crashed = 0;
    takenOver = 0;
    private now: number;
    private worker: Worker | undefined;
    /** Those that nobody has told that another one has taken over. */
    private readonly others: Worker[] = [];
    private startsAt: number;
    private sinceStart = 0;
    private weathers = 0;

    constructor(
        private readonly plan: Plan,
        private readonly random: () => number,
        private readonly wrong: Wrong = {},
    ) {
        this.world = new World(plan.destinations);
        this.now = this.startsAt = plan.from;
    }

    /** Runs until nothing is left to do; throws a Violation as soon as something is not as it must be. */
    finish(): void {
        for (let next = this.next(); next !== undefined; next = this.next()) {
            this.now = Math.max(this.now, next.at);
            next.do();
            this.steps += 1;
            if (this.steps > maxSteps) throw new Violation("it comes to no end");
            const end = this.plan.ends[this.crashed + this.takenOver];
            if (this.worker === undefined || end === undefined || this.sinceStart < end.after) continue;
            if (end.killed) this.crash();
            else this.takeOver(this.worker);
        }
    }

    /** Sends what was given up after all, as people do once the receivers are well again. */
    replay(): void {
        this.worker?.resume(this.world.replay());
        this.finish();
    }

    private next(): Next | undefined {
        const change = this.plan.weather[this.weathers]?.at ?? Infinity;
        const candidates: (Next | undefined)[] = [
            change === Infinity ? undefined : { at: change, do: () => this.changeWeather() },
            this.worker === undefined ? { at: this.startsAt, do: () => this.start() } : this.own(this.worker),
            ...this.others.map((worker) => worker.next(this.now)),
        ];
        return candidates.reduce(
            (best, each) => (each !== undefined && each.at < (best?.at ?? Infinity) ? each : best),
            undefined,
        );
    }

    private own(worker: Worker): Next | undefined {
        const next = worker.next(this.now);
        if (next === undefined) return undefined;
        const act = (): void => {
            this.sinceStart += 1;
            next.do();
        };
        return { at: next.at, do: act };
    }

    private start(): void {
        this.world.atRest();
        const { plan, world, random, wrong } = this;
        const fresh = this.crashed + this.takenOver === 0;
        const { deliver = delivering, unfenced = false } = wrong;
        this.worker = new Worker({ plan, world, random, deliver, fresh, fenced: !unfenced }, this.now, world.claim);
        this.sinceStart = 0;
    }

    /** The worker is killed, and the next one starts; it cannot know that nobody is alive any more. */
    private crash(): void {
        this.crashed += 1;
        this.world.crash(this.now);
        this.worker = undefined;
        this.world.claim += 1;
        this.startsAt = this.now + Math.floor(this.random() * 3_000) + settleMs;
    }

    /** The next one starts while the worker lives. */
    private takeOver(worker: Worker): void {
        this.takenOver += 1;
        this.others.push(worker);
        this.worker = undefined;
        this.world.claim += 1;
        this.startsAt = this.now + (this.wrong.hasty === true ? 0 : settleMs);
    }

    private changeWeather(): void {
        const change = this.plan.weather[this.weathers];
        this.weathers += 1;
        if (change !== undefined) this.world.receiver(change.target).weather = change.weather;
    }
}
