// Which rollups are refreshed in a round: those that something has come for, in their order.
import { type Rollup, rollups } from "../../schema/rollups";
import { type Refresher } from "./rollups/refresh";
import { below } from "./rules/rule";
import { type Observed } from "./watermark/observer";

/** A rollup that looks at its sources every so often is asked for so much longer, milliseconds. */
const slackMs = 5_000;

/**
 * Refreshes come no closer to each other than this, milliseconds: one of everything costs about a second of CPU, mostly for planning, however little
 * has come. Rules that read rollups are that much later.
 */
const paceMs = 3_000;

/** What a refresh left to be done. */
export interface Refreshed {
    /** Rollups that do not hold yet what has come. */
    readonly behind: ReadonlySet<string>;
    /** Whether some of them can go on at once. */
    readonly more: boolean;
}

/** Refreshes rollups; each time all that have a reason to. */
export class Refreshing {
    private readonly dependencies = rollups.map(({ name }) => below(name));
    /** Rollups with a reason to be refreshed, until a refresh that begins at that time or later, ms; at the start all, for what came while nobody looked. */
    private readonly until = new Map<string, number>();
    private readonly pending = new Set<string>();
    /** Rollups that something has come for since they were refreshed; those with a pace of their own are not waited for. */
    private readonly unseen = new Set<string>();
    private refreshedAt = -Infinity;
    private readonly failed = new Map<string, string>();

    /** `refreshers`: of all rollups, in their order. */
    constructor(private readonly refreshers: readonly Pick<Refresher, "refresh">[]) {
        for (const rollup of rollups) this.ask(rollup);
    }

    /** For the health page: rollups that cannot be refreshed, and why; rules that read them wait. */
    readonly problem = (): string | undefined => [...this.failed.values()].at(0);

    /** Refreshes what has a reason to. A rollup that fails is behind, and tried again at the next round. */
    async refresh({ arrived }: Pick<Observed, "arrived">): Promise<Refreshed> {
        this.note([...arrived.keys()]);
        if (this.pending.size > 0 || performance.now() - this.refreshedAt >= paceMs) await this.refreshAll();
        return {
            behind: new Set([...this.pending, ...this.unseen, ...this.failed.keys()]),
            more: this.pending.size > 0,
        };
    }

    private note(facts: readonly string[]): void {
        for (const [index, rollup] of rollups.entries())
            if (rollup.readsAlerts || facts.some((fact) => this.dependencies[index]?.has(fact))) this.ask(rollup);
    }

    private ask({ name, everySeconds = 0 }: Rollup): void {
        this.until.set(name, Date.now() + everySeconds * 1_000 + slackMs);
        if (everySeconds === 0) this.unseen.add(name);
    }

    private async refreshAll(): Promise<void> {
        for (const [index, { name }] of rollups.entries())
            if (this.until.has(name) || this.pending.has(name) || this.failed.has(name))
                await this.refreshOne(name, this.refreshers[index]);
        this.refreshedAt = performance.now();
    }

    private async refreshOne(name: string, refresher: Pick<Refresher, "refresh"> | undefined): Promise<void> {
        const began = Date.now();
        try {
            const done = await refresher?.refresh();
            this.failed.delete(name);
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
