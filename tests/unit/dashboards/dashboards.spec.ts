// Proves: dashboards and panels have names of their own, say what they show, take no parameter nobody gives, and lead to dashboards that exist; what
// ClickHouse is asked has the types. Does not prove: that the queries run (tests/engine/evaluator/world.spec.ts).
import assert from "node:assert/strict";
import { dashboards, parametersOf, typed } from "../../../schema/dashboards";

const given = ["from", "to", "step", "run"];
const all = dashboards.flatMap((dashboard) => dashboard.panels.map((panel) => ({ dashboard, panel })));

describe("dashboards", () => {
    it("are the six of the mission, each with panels", () => {
        assert.deepEqual(
            dashboards.map(({ title }) => title),
            ["User risk", "Token risk", "Alert operations", "System warnings", "Market overview", "Ingestion health"],
        );
        for (const { id, panels } of dashboards) assert.ok(panels.length >= 5, id);
    });

    it("have names that are theirs alone, and say what they show", () => {
        assert.equal(new Set(dashboards.map(({ id }) => id)).size, dashboards.length);
        for (const { panels, id } of dashboards)
            assert.equal(new Set(panels.map((panel) => panel.id)).size, panels.length, id);
        for (const { dashboard, panel } of all) {
            assert.match(panel.id, /^[a-z][a-z-]*$/);
            assert.match(panel.title, /^[A-Z]/, panel.id);
            assert.match(panel.description, /\.$/, `${dashboard.id}/${panel.id}`);
        }
    });

    it("take only what they are given", () => {
        for (const { dashboard, panel } of all) {
            const known = [...given, ...dashboard.variables.map(({ name }) => name)];
            const unknown = parametersOf(panel.sql).filter((name) => !known.includes(name));
            assert.deepEqual(unknown, [], `${dashboard.id}/${panel.id}`);
        }
        for (const { variables, id } of dashboards)
            for (const { options } of variables)
                assert.deepEqual(
                    parametersOf(options).filter((name) => name !== "run"),
                    [],
                    id,
                );
    });

    it("lead to dashboards that have the variable", () => {
        const links = all.flatMap(({ panel }) => panel.links ?? []);
        assert.ok(links.length > 0);
        for (const { dashboard, variable } of links) {
            const target = dashboards.find(({ id }) => id === dashboard);
            assert.ok(
                target?.variables.some(({ name }) => name === variable),
                `${dashboard}.${variable}`,
            );
        }
    });

    it("are asked with types", () => {
        assert.equal(
            typed("SELECT {run}, {from}, {step}, {user}"),
            "SELECT {run:String}, {from:DateTime64(3, 'UTC')}, {step:UInt32}, {user:String}",
        );
    });
});
