// Which rollups are refreshed and when: those that a rule needs at once, the others at a pace, a few at a time.
import { type Rollup, rollups } from "../../schema/rollups";
import { type Refresher } from "./rollups/refresh";
import { below } from "./rules/rule";
import { type Observed } from "./watermark/observer";

/** A rollup that looks at its sources every so often is asked for so much longer, milliseconds. */
const slackMs = 5_000;

/**
 * Refreshes of all come no closer to each other than this, milliseconds: one of everything costs about a second of CPU, mostly for planning, however
 * little has come. What a rule needs to judge somebody it suspects does not wait for it.
 */
const paceMs = 5_000;

/** A round is held up by so much at most, and by one rollup in any case, milliseconds: rules go on between the parts of a refresh of all. */
const shareMs = 250;

/** Refreshes rollups, one after the other. */
export class Refreshing {
    private readonly dependencies = new Map(rollups.map(({ name }) => [name, below(name)]));
    /** Rollups with a reason to be refreshed, until a refresh that begins at that time or later, ms; at the start all, for what came while nobody looked. */
    private readonly until = new Map<string, number>();
    private readonly pending = new Set<string>();
    /** Rollups that something has come for since they were refreshed; those with a pace of their own are waited for at the start only. */
    private readonly unseen = new Set<string>();
    private readonly failed = new Map<string, string>();
    /** What a refresh of all has still before it, by position. */
    private left: number[] = [];
    private begunAt = -Infinity;
    private turn: Promise<unknown> = Promise.resolve();

    /** `refreshers`: of all rollups, in their order. */
    constructor(private readonly refreshers: readonly Pick<Refresher, "refresh">[]) {
        for (const rollup of rollups) {
            this.ask(rollup);
            this.unseen.add(rollup.name);
        }
    }

    /** For the health page: rollups that cannot be refreshed, and why; rules that read them wait. */
    readonly problem = (): string | undefined => [...this.failed.values()].at(0);

    /** Takes account of what came: rollups of it do not hold it yet. */
    note({ arrived }: Pick<Observed, "arrived">): void {
        const facts = [...arrived.keys()];
        for (const rollup of rollups)
            if (rollup.readsAlerts || facts.some((fact) => this.dependsOn(rollup.name, fact))) this.ask(rollup);
    }

    /**
     * Refreshes rollups, and what they read, that something has been noted for since they were refreshed. Resolves with whether they hold all of it now:
     * not where one fails, or has a past to compute that takes longer; both go on with tend().
     */
    bring(names: readonly string[]): Promise<boolean> {
        const wanting = (): boolean => names.some((name) => this.unseen.has(name) || this.waits(name));
        if (!wanting()) return Promise.resolve(true);
        return this.inTurn(async () => {
            const behind = names.filter((name) => this.unseen.has(name));
            for (const [index, { name }] of rollups.entries())
                if (
                    this.unseen.has(name) &&
                    !this.failed.has(name) &&
                    behind.some((wanted) => this.dependsOn(wanted, name))
                )
                    await this.refreshOne(index);
            return !wanting();
        });
    }

    /** Goes on with the refresh of all, or begins one that is due; a part of it. Resolves with whether there is a past to compute that can go on at once. */
    tend(): Promise<boolean> {
        return this.inTurn(async () => {
            const now = performance.now();
            if (this.left.length === 0 && (this.pending.size > 0 || now - this.begunAt >= paceMs)) {
                this.left = [...rollups.entries()].flatMap(([index, { name }]) =>
                    this.hasReason(name) ? [index] : [],
                );
                this.begunAt = now;
            }
            do {
                const index = this.left.shift();
                if (index !== undefined) await this.refreshOne(index);
            } while (this.left.length > 0 && performance.now() - now < shareMs);
            return this.pending.size > 0;
        });
    }

    /** One refresh at a time, in the order in which they are asked for. */
    private inTurn<T>(work: () => Promise<T>): Promise<T> {
        const done = this.turn.then(work);
        this.turn = done.catch(() => undefined);
        return done;
    }

    private dependsOn(rollup: string, name: string): boolean {
        return this.dependencies.get(rollup)?.has(name) ?? false;
    }

    private waits(name: string): boolean {
        return this.pending.has(name) || this.failed.has(name);
    }

    private hasReason(name: string): boolean {
        return this.until.has(name) || this.waits(name);
    }

    private ask({ name, everySeconds = 0 }: Rollup): void {
        this.until.set(name, Date.now() + everySeconds * 1_000 + slackMs);
        if (everySeconds === 0) this.unseen.add(name);
    }

    private async refreshOne(index: number): Promise<void> {
        const name = rollups[index]?.name ?? "";
        const began = Date.now();
        try {
            const done = await this.refreshers[index]?.refresh();
            this.failed.delete(name);
            // What it reads may not hold all that was noted itself.
            if (![...this.unseen].some((other) => other !== name && this.dependsOn(name, other)))
                this.unseen.delete(name);
            // However long others take before it: who has a reason gets a refresh.
            if (began >= (this.until.get(name) ?? 0)) this.until.delete(name);
            if ((done?.pending ?? 0) > 0) this.pending.add(name);
            else this.pending.delete(name);
        } catch (error) {
            this.pending.delete(name);
            this.failed.set(name, error instanceof Error ? error.message : String(error));
        }
    }
}
