// Proves: every panel is a tile under its key with a query HyperDX can fill in, in shapes our own kind and the observed API take; a click on a score leads to
// the dashboard it is made of; nothing chosen means the likeliest; a tile of words says what tiles have no place for; sources are searchable by time.
// Does not prove: that the queries run (tests/engine/evaluator/world.spec.ts), that HyperDX shows them (no image is to be had here).
import assert from "node:assert/strict";
import { dashboards } from "../../../schema/dashboards";
import { type HyperdxPlan, hyperdxDashboard, hyperdxSql } from "../../../infra/dashboards/hyperdx";
import { ownSources, telemetrySources } from "../../../infra/dashboards/hyperdxSources";
import { problemsOf } from "../../../infra/provider/checks";
import { dashboard as kind } from "../../../infra/provider/hyperdx/dashboard";
import { source as sourceKind } from "../../../infra/provider/hyperdx/source";
import { type Properties } from "../../../infra/provider/wire";
import { asHyperdxSends } from "../../support/macros";

const connectionId = "a".repeat(24);
const sources = Object.fromEntries(ownSources.map(({ name }, index) => [name, String(index).padStart(24, "0")]));
const titleOf = (id: string): string => dashboards.find((each) => each.id === id)?.title ?? "";
const consoleUrl = "https://console.example.com";
const plans = dashboards.map((each) => hyperdxDashboard(each, { connectionId, sources, titleOf, consoleUrl }));
const planOf = (name: string): HyperdxPlan<string> => {
    const found = plans.find((each) => each.name === name);
    assert.ok(found);
    return found;
};

describe("dashboards for HyperDX", () => {
    it("are of a shape that is taken, each panel a tile under its key, and words about them", () => {
        for (const [index, plan] of plans.entries()) {
            assert.deepEqual(problemsOf(kind.shape, plan as unknown as Properties), [], plan.name);
            const keys = dashboards[index]?.panels.map(({ id }) => id) ?? [];
            assert.deepEqual(Object.keys(plan.tiles), [...keys, "about"]);
        }
    });

    it("say title, unit and description of each panel", () => {
        const { config } = planOf("Market overview").tiles["about"] ?? {};
        assert.ok(config !== undefined && "markdown" in config);
        assert.match(config.markdown, /^Volume, prices, spread and depth/);
        assert.match(config.markdown, /- \*\*Spread\*\* \(basis points\): Mean of the quotes/);
        assert.match(config.markdown, /https:\/\/console\.example\.com\/alerts\//);
    });

    it("ask with what is chosen, several or none", () => {
        const [userRisk] = dashboards;
        assert.ok(userRisk !== undefined);
        const sent = (values: Record<string, string>): string =>
            asHyperdxSends(hyperdxSql(userRisk, "SELECT {user}, {run}"), {
                fromMs: 0,
                toMs: 1,
                stepSeconds: 60,
                values,
            }).query;
        assert.match(
            sent({}),
            /^SELECT coalesce\(NULL, \(SELECT \* FROM \(SELECT user_id FROM .* LIMIT 500\) LIMIT 1\)\), coalesce\(NULL, ''\)$/,
        );
        assert.match(sent({ user: String.raw`u\' OR 1` }), /^SELECT coalesce\('u\\\\\\' OR 1', /);
    });

    it("lead from a score to the dashboard it is made of, with the row's user chosen there", () => {
        const { config } = planOf("User risk").tiles["highest"] ?? {};
        assert.ok(config !== undefined && "onClick" in config);
        assert.deepEqual(config.onClick, {
            ...{ type: "dashboard", target: { mode: "template", template: "User risk" }, whereLanguage: "sql" },
            filters: [{ kind: "expressionTemplate", expression: "user_id", template: "{{user_id}}" }],
        });
        const filter = planOf("User risk").filters["user"];
        assert.deepEqual([filter?.expression, filter?.sourceId], ["user_id", sources["user_risk"]]);
    });

    it("name what is missing where a dashboard has a variable nobody has values for", () => {
        const [first] = dashboards;
        assert.ok(first !== undefined);
        const other = { ...first, variables: [{ name: "venue", title: "Venue", options: "SELECT 1" }] };
        assert.throws(
            () => hyperdxDashboard(other, { connectionId, sources, titleOf }),
            /dashboard user-risk: HyperDX has no values for variable venue; add the column/,
        );
    });

    it("come with sources for every fact, rollup and what detection keeps, and OpenTelemetry's", () => {
        const names = ownSources.map(({ name }) => name);
        for (const name of ["user_trades", "users", "user_minutes", "user_risk", "alerts", "deliveries"])
            assert.ok(names.includes(name), name);
        assert.equal(new Set(names).size, names.length);
        for (const source of [...ownSources, ...telemetrySources("otel")]) {
            const inputs = { ...source, connection: connectionId } as unknown as Properties;
            assert.deepEqual(problemsOf(sourceKind.shape, inputs), [], source.name);
        }
        assert.deepEqual(
            telemetrySources("otel").map(({ kind: each, name }) => `${each} ${name}`),
            ["log Logs", "trace Traces", "metric Metrics"],
        );
    });
});
