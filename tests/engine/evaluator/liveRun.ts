// The evaluator of functions/, round by round, with the time until which facts are complete said by the test instead of Kafka.
import { type Answer, type Asking, Database } from "../../../functions/shared/clickhouse";
import { Blindness } from "../../../functions/evaluator/blindness";
import { Evaluator, type Rollups, type Round } from "../../../functions/evaluator/evaluator";
import { type EvaluatedRule } from "../../../functions/evaluator/rules/rule";
import { Runs } from "../../../functions/evaluator/runs";
import { Standings } from "../../../functions/evaluator/standings";
import { Store } from "../../../functions/evaluator/store";
import { Switches } from "../../../functions/evaluator/switches";
import { Heartbeats } from "../../../functions/evaluator/watermark/heartbeats";
import { sourceNotices } from "../../../schema";
import { firstMinute, stored } from "../../../functions/evaluator/watermark/activity";
import { Observer } from "../../../functions/evaluator/watermark/observer";

/** For rules that read no rollups. */
const noRollups: Rollups = {
    note: () => undefined,
    bring: () => Promise.resolve(true),
    tend: () => Promise.resolve(false),
};

class Cut extends Error {}

/** Decides before each statement whether the evaluator dies there: before it, or right after it was carried out. */
export class CutOff {
    cuts = 0;

    constructor(private readonly dies: () => boolean) {}

    async statement<T>(carryOut: () => Promise<T>): Promise<T> {
        if (this.dies()) this.die();
        const result = await carryOut();
        if (this.dies()) this.die();
        return result;
    }

    private die(): never {
        this.cuts += 1;
        throw new Cut("cut off");
    }
}

/** A database that goes through a CutOff. */
function cutting(database: Database, cut: CutOff): Database {
    return new Proxy(database, {
        get: (target, name) => {
            if (name === "ask")
                return <T>(query: string, asking?: Asking): Promise<Answer<T>> =>
                    cut.statement(() => target.ask<T>(query, asking));
            if (name === "rows")
                return <T>(query: string, parameters?: Record<string, unknown>): Promise<T[]> =>
                    cut.statement(() => target.rows<T>(query, parameters));
            if (name === "insert")
                return (table: string, rows: readonly object[]): Promise<void> =>
                    cut.statement(() => target.insert(table, rows));
            return Reflect.get(target, name) as unknown;
        },
    });
}

/** An evaluator of some rules that is made again when it was cut off. */
export class LiveRun {
    private complete = 0;
    private next: (() => Promise<Round>) | undefined;

    private constructor(
        private readonly database: Database,
        private readonly rules: readonly EvaluatedRule[],
        private readonly cut: CutOff | undefined,
        private readonly rollups: Rollups,
    ) {}

    /** `cut`: who decides when it dies. `rollups`: for rules that read some. */
    static start(
        database: Database,
        rules: readonly EvaluatedRule[],
        { cut, rollups = noRollups }: { cut?: CutOff; rollups?: Rollups } = {},
    ): Promise<LiveRun> {
        return Promise.resolve(new LiveRun(cut === undefined ? database : cutting(database, cut), rules, cut, rollups));
    }

    /** How often it was cut off. */
    get cuts(): number {
        return this.cut?.cuts ?? 0;
    }

    /** Begins anew with what is stored, as after a restart. */
    begin(): void {
        this.next = undefined;
    }

    private async resume(): Promise<() => Promise<Round>> {
        const { database, rules } = this;
        const store = new Store(database);
        const standings = new Standings(rules, await store.standings(), (fact, run) =>
            firstMinute(database, fact, run),
        );
        const declarations = [...new Set([...rules.flatMap(({ sources }) => sources), sourceNotices])];
        const heartbeats = new Heartbeats(database);
        const runs = new Runs();
        for (const { name } of declarations) runs.note({ arrived: new Map([[name, await stored(database, name)]]) });
        const look = (): Promise<Map<string, { completeTo: number; moved: boolean }>> =>
            Promise.resolve(
                new Map(declarations.map(({ name }) => [name, { completeTo: this.complete, moved: true }])),
            );
        const observer = new Observer(database, { look }, declarations, standings.knownAt ?? this.complete - 3_600_000);
        const blind = await store.openBlindSpans();
        const blindness = new Blindness(rules, blind);
        const switches = new Switches(database, blind);
        const { rollups } = this;
        const evaluator = new Evaluator({
            database,
            store,
            observer,
            standings,
            rules,
            runs,
            switches,
            heartbeats,
            rollups,
        });
        return async () => {
            const at = Date.now();
            await switches.look(at);
            const round = await evaluator.round();
            await store.saveBlindSpans([
                ...blindness.note(round.observed, runs, standings, heartbeats),
                ...switches.note(rules, standings, at),
            ]);
            return round;
        };
    }

    /** Rounds with all facts complete to a moment (ms), until there is no more to do; the last one. */
    async rounds(complete: number): Promise<Round> {
        this.complete = complete;
        for (;;) {
            const before = this.cuts;
            const round = await this.attempt();
            // Where it was cut off in the middle of an evaluation, that is a row of its log; the process is gone all the same.
            if (this.cuts > before) this.next = undefined;
            else if (round?.more === false) return round;
        }
    }

    private async attempt(): Promise<Round | undefined> {
        try {
            this.next ??= await this.resume();
            return await this.next();
        } catch (error) {
            if (!(error instanceof Cut)) throw error;
            return undefined;
        }
    }
}
