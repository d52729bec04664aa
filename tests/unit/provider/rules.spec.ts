// Proves: what the kind of rules asks for at a preview and what it says, against services that answer as told: which changes are backtested, and that
// nothing that goes wrong with a backtest stops the preview; and that a program which cannot judge says why. Does not prove: what a backtest finds, and that the server takes the views
// (tests/engine/provider/rules.spec.ts).
import assert from "node:assert/strict";
import { mock } from "node:test";
import { type Changes, pathText } from "../../../infra/provider/changes";
import { type Backtests, type ClickHouse, Rejected, Unreachable } from "../../../infra/provider/clients";
import { backtestsOf } from "../../../infra/provider/clients/backtests";
import { rule, type RuleInputs } from "../../../infra/provider/clickhouse/rule";
import { contextOf, FakeClickHouse, stateOf } from "./fakes";

const inputs: RuleInputs = {
    ...{
        database: "rules",
        name: "r",
        comment: "A rule",
        version: 1,
        mode: "active",
        severity: "high",
        entity: "user",
    },
    ...{ owner: "fraud", query: "SELECT 1", parameters: { floor: "1" }, overrides: [], triggers: ["user_trades"] },
    ...{ lookBackMinutes: 1, latenessMinutes: 1, stepSeconds: 1, historyDays: 0, suppressionMinutes: 0, reason: "" },
};
const lower = { ...inputs, version: 2, parameters: { floor: "0" } };
const shown = ({ changes }: Changes): string[] => changes.map(({ path, kind }) => `${kind} ${pathText(path)}`);

/** A server with so many of the facts, and backtests that tell what they were asked. */
function services(facts = 1, answer?: () => string): { clickhouse: ClickHouse; backtests: Backtests } {
    return {
        clickhouse: new FakeClickHouse([[/FROM system.tables/, () => [{ there: String(facts) }]]]),
        backtests: {
            compare: (before, after) =>
                Promise.resolve().then(
                    answer ?? (() => `${String(before?.parameters["floor"])} -> ${String(after.parameters["floor"])}`),
                ),
        },
    };
}

describe("rule", () => {
    const rehearsed = async (next: RuleInputs, old?: object, clients = services()): Promise<string[]> => {
        const context = contextOf(clients);
        await rule.rehearse?.(context, next, old && stateOf("rules.r", old as RuleInputs));
        return context.said;
    };

    it("shows what differs by name", async () => {
        const diff = (next: RuleInputs): unknown => rule.diff(contextOf(services()), stateOf("rules.r", inputs), next);
        assert.deepEqual(shown((await diff(inputs)) as Changes), []);
        assert.deepEqual(shown((await diff({ ...lower, mode: "shadow" })) as Changes), [
            "update mode",
            "update parameters.floor",
            "update version",
        ]);
    });

    it("is backtested when it is new, or changed in what decides about alerts, and not otherwise", async () => {
        assert.deepEqual(await rehearsed(inputs), ["undefined -> 1"]);
        assert.deepEqual(await rehearsed(lower, inputs), ["1 -> 0"]);
        assert.deepEqual(await rehearsed({ ...inputs, mode: "shadow" }, inputs), ["1 -> 1"]);
        assert.deepEqual(await rehearsed({ ...inputs, reason: "x", owner: "operations", comment: "y" }, inputs), []);
    });

    it("is to have another version where it finds other things, and only there", async () => {
        for (const change of [{ parameters: { floor: "0" } }, { query: "SELECT 2" }]) {
            const [warning, ...more] = await rehearsed({ ...inputs, ...change }, inputs);
            assert.match(
                warning ?? "",
                /^rule r: its question or parameters change and its version stays 1: .*raise version/,
            );
            assert.equal(more.length, 1);
        }
        assert.equal((await rehearsed({ ...inputs, query: "SELECT\n    1", severity: "low" }, inputs)).length, 1);
    });

    it("is not backtested where its facts are not there yet, nor against a view of which only the query is known", async () => {
        assert.deepEqual(await rehearsed(inputs, undefined, services(0)), []);
        const { database, name, query, comment } = inputs;
        const [said, ...more] = await rehearsed(inputs, { database, name, query, comment });
        assert.match(said ?? "", /rules are not backtested this time/);
        assert.deepEqual(more, []);
    });

    it("goes on without where that fails, and where the server is away", async () => {
        const failing = services(1, () => {
            throw new Rejected("it did not end within 10 s");
        });
        assert.deepEqual(await rehearsed(lower, inputs, failing), [
            "rule r: not backtested: it did not end within 10 s",
        ]);
        const rows = (): Promise<never> => Promise.reject(new Unreachable("ClickHouse", "http://h:1", "no"));
        const away = { ...services(), clickhouse: Object.assign(new FakeClickHouse(), { rows }) };
        assert.deepEqual(await rehearsed(lower, inputs, away), [
            "ClickHouse at http://h:1 cannot be reached: no; changed rules are not backtested",
        ]);
    });

    it("does not wait for a server that says nothing", async () => {
        mock.timers.enable({ apis: ["setTimeout"] });
        try {
            const rows = (): Promise<never> => new Promise(() => undefined);
            const silent = { ...services(), clickhouse: Object.assign(new FakeClickHouse(), { rows }) };
            const waiting = rehearsed(lower, inputs, silent);
            await Promise.resolve();
            mock.timers.tick(5_000);
            assert.deepEqual(await waiting, ["rule r: not backtested: no answer came within 5 s"]);
        } finally {
            mock.timers.reset();
        }
    });

    it("keeps what the server does not hold when it is read, and shows a view that was changed by hand", async () => {
        const live = { engine: "View", as_select: "SELECT 2", comment: "A rule", rows: "0", create_table_query: "" };
        const clickhouse = new FakeClickHouse([[/FROM system.tables/, () => [live]]]);
        const found = await rule.read(contextOf({ clickhouse }), "rules.r", stateOf("rules.r", inputs));
        assert.deepEqual(found?.inputs, { ...inputs, query: "SELECT 2" });
        await assert.rejects(async () => rule.read(contextOf({ clickhouse }), "rules.r"), /is not to be imported/);
    });
});

describe("backtests for a preview", () => {
    const backtests = backtestsOf({ url: "http://127.0.0.1:9", password: "hush" }, false);

    it("say why the program could not judge", async () => {
        await assert.rejects(backtests.compare(undefined, inputs), (error: Error) => {
            assert.equal(error.message, "connect ECONNREFUSED 127.0.0.1:9");
            return error instanceof Rejected;
        });
    });

    it("are over when the time for all of them is", async () => {
        mock.timers.enable({ apis: ["Date"], now: Date.now() + 31_000 });
        try {
            await assert.rejects(backtests.compare(undefined, inputs), /the 30 s are over that all changed rules have/);
        } finally {
            mock.timers.reset();
        }
    });
});
