// Proves: Grafana's dashboards fit the types Grafana publishes (@grafana/schema, made into a JSON Schema), with panels of each type in their own options;
// queries and provisioned files fit strict shapes written from the documentation; rendering gives the committed bytes; ids stay and are unique; nothing
// overlaps; no password is in the text; alerts sound also without an answer. Does not prove: that a Grafana shows them (none is to be had here), nor that the
// queries run (tests/engine/evaluator/world.spec.ts, tests/engine/dashboards).
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { createGenerator } from "ts-json-schema-generator";
import { parse } from "yaml";
import { z } from "zod";
import { dashboards } from "../../../schema/dashboards";
import { grafanaDashboards } from "../../../infra/dashboards/grafana";
import { platformAlerts } from "../../../infra/dashboards/grafanaAlerts";
import { grafanaSql, panelId } from "../../../infra/dashboards/grafanaPanels";
import { grafanaPath, renderGrafana } from "../../golden/dashboards";
import { asGrafanaSends } from "../../support/macros";
import { repository } from "../../support/pulumi";

interface Shown {
    uid: string;
    panels: {
        id: number;
        type: string;
        title: string;
        description: string;
        gridPos: { x: number; y: number; w: number; h: number };
        fieldConfig: {
            defaults: { unit: string };
            overrides: { matcher: { options: string }; properties: { value: { url: string }[] }[] }[];
        };
        targets: { rawSql: string }[];
    }[];
}

const datasource = z.strictObject({
    type: z.literal("grafana-clickhouse-datasource"),
    uid: z.literal("trading-clickhouse"),
});
/** By the plugin's documentation (docs/sources/query-editor.md, src/types/sql.ts): it publishes no schema. */
const target = z.strictObject({
    refId: z.string(),
    datasource,
    editorType: z.literal("sql"),
    pluginVersion: z.string(),
    rawSql: z.string().min(1),
    queryType: z.enum(["table", "timeseries"]),
    format: z.union([z.literal(0), z.literal(1)]),
});

/** Provisioned files, by grafana.com/docs (administration/provisioning, alerting/set-up/provision-alerting-resources/file-provisioning), which has no schema of them. */
const text = z.string().min(1);
const datasourceFile = z.strictObject({
    apiVersion: z.literal(1),
    prune: z.boolean(),
    datasources: z.array(
        z.strictObject({
            ...{ name: text, uid: datasource.shape.uid, type: datasource.shape.type, access: z.literal("proxy") },
            ...{ editable: z.literal(false), isDefault: z.boolean() },
            jsonData: z.strictObject({
                ...{ host: text, port: z.int(), protocol: z.enum(["native", "http"]), username: text },
                ...{ defaultDatabase: text, queryTimeout: z.string().regex(/^\d+$/) },
            }),
            secureJsonData: z.strictObject({ password: text }),
        }),
    ),
});
const providerFile = z.strictObject({
    apiVersion: z.literal(1),
    providers: z.array(
        z.strictObject({
            ...{ name: text, orgId: z.literal(1), folder: text, folderUid: text, type: z.literal("file") },
            ...{ disableDeletion: z.boolean(), allowUiUpdates: z.boolean(), updateIntervalSeconds: z.int() },
            options: z.strictObject({ path: text }),
        }),
    ),
});
const expressionSource = z.strictObject({ type: z.literal("__expr__"), uid: z.literal("__expr__") });
const states = z.enum(["NoData", "Alerting", "OK", "KeepLast"]);
const alertFile = z.strictObject({
    apiVersion: z.literal(1),
    groups: z.array(
        z.strictObject({
            ...{ orgId: z.literal(1), name: text, folder: text, interval: z.string().regex(/^\d+[smh]$/) },
            rules: z.array(
                z.strictObject({
                    ...{ uid: z.string().max(40), title: text, condition: text, isPaused: z.boolean() },
                    ...{ noDataState: states, execErrState: z.enum(["Error", "Alerting", "OK", "KeepLast"]) },
                    ...{ for: z.string().regex(/^\d+m$/), labels: z.record(text, text) },
                    annotations: z.strictObject({ summary: text }),
                    data: z.array(
                        z.strictObject({
                            ...{ refId: text, datasourceUid: z.enum([datasource.shape.uid.value, "__expr__"]) },
                            relativeTimeRange: z.strictObject({ from: z.int(), to: z.int() }),
                            model: z.union([
                                target.extend({ intervalMs: z.int(), maxDataPoints: z.int() }),
                                z.strictObject({
                                    ...{ refId: text, datasource: expressionSource, type: z.literal("reduce") },
                                    ...{ expression: text, reducer: z.literal("last") },
                                }),
                                z.strictObject({
                                    ...{ refId: text, datasource: expressionSource, type: z.literal("threshold") },
                                    expression: text,
                                    conditions: z.array(
                                        z.strictObject({
                                            evaluator: z.strictObject({
                                                ...{ type: z.literal("gt"), params: z.array(z.number()) },
                                            }),
                                        }),
                                    ),
                                }),
                            ]),
                        }),
                    ),
                }),
            ),
        }),
    ),
});
const fileOf = (path: string): unknown => parse(renderGrafana().get(`provisioning/${path}`) ?? "");

describe("dashboards for Grafana", function () {
    this.timeout(60_000);
    const files = grafanaDashboards({ consoleUrl: "https://console.example.com" });
    const models = files.map(({ json }) => JSON.parse(json) as Shown);
    const panels = models.flatMap((model) => model.panels);

    it("fit the types that Grafana publishes", () => {
        const path = join(repository, "tests/support/grafana-model.ts");
        const options = {
            path,
            type: "GrafanaModel",
            tsconfig: join(repository, "tsconfig.json"),
            skipTypeCheck: true,
            expose: "none",
        } as const;
        const schema = createGenerator(options).createSchema("GrafanaModel");
        const fits = new Ajv({ strict: false }).compile(schema as object);
        for (const model of models) assert.ok(fits(model), `${model.uid}: ${JSON.stringify(fits.errors)}`);
        // What it holds against: a misspelt option, one of another panel's, and a word that is not among those there are.
        const [first] = models;
        assert.ok(first !== undefined);
        const broken = (change: object): object => ({ ...first, panels: [{ ...first.panels[0], ...change }] });
        assert.equal(fits(broken({ options: { showHeadr: true, frameIndex: 0, showHeader: true } })), false);
        assert.equal(fits(broken({ type: "barchart" })), false);
        assert.equal(fits({ ...first, refesh: "1m" }), false);
    });

    it("ask in the plugin's model", () => {
        for (const panel of panels) assert.equal(z.array(target).length(1).parse(panel.targets).length, 1);
    });

    it("are the committed bytes, each time", () => {
        const rendered = renderGrafana();
        assert.deepEqual(
            readdirSync(grafanaPath, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).length,
            rendered.size,
        );
        for (const [file, text] of rendered)
            assert.equal(text, readFileSync(join(grafanaPath, file), "utf8"), `${file}: npm run golden, and review`);
        assert.deepEqual(renderGrafana(), rendered);
    });

    it("have every panel with title, description and unit, under a number made of its key", () => {
        assert.equal(panels.length, dashboards.flatMap((each) => each.panels).length);
        for (const { title, description, fieldConfig } of panels)
            assert.ok(title !== "" && description !== "" && fieldConfig.defaults.unit !== "", title);
        for (const [index, model] of models.entries()) {
            const keys = dashboards[index]?.panels.map(({ id }) => panelId(id));
            assert.deepEqual(
                model.panels.map(({ id }) => id),
                keys,
            );
            assert.equal(new Set(keys).size, keys?.length);
            assert.match(model.uid, /^[a-z-]{8,40}$/);
        }
    });

    it("have no panel over another, nor outside of the 24 columns", () => {
        for (const { uid, panels: shown } of models) {
            const cells = shown.flatMap(({ gridPos: { x, y, w, h } }) => {
                assert.ok(x + w <= 24, uid);
                return Array.from(
                    { length: w * h },
                    (_, cell) => `${String(x + (cell % w))},${String(y + Math.floor(cell / w))}`,
                );
            });
            assert.equal(new Set(cells).size, cells.length, uid);
        }
    });

    it("lead from a score to what it is made of, and from an alert to its evidence", () => {
        const links = panels.flatMap(({ fieldConfig: { overrides } }) =>
            overrides.flatMap(({ matcher, properties }) =>
                properties.flatMap(({ value }) => value.map(({ url }) => [matcher.options, url])),
            ),
        );
        const kept = "${__url_time_range}&${run:queryparam}";
        const value = "${__value.raw:percentencode}";
        assert.ok(
            links.some(
                ([column, url]) => column === "user_id" && url === `/d/trading-user-risk?var-user=${value}&${kept}`,
            ),
        );
        assert.ok(
            links.some(
                ([column, url]) => column === "token" && url === `/d/trading-token-risk?var-token=${value}&${kept}`,
            ),
        );
        const evidence = links.filter(([column]) => column === "alert_id").map(([, url]) => url);
        assert.deepEqual(new Set(evidence), new Set([`https://console.example.com/alerts/${value}`]));
        assert.ok(evidence.length >= 3);
        const without = grafanaDashboards().map(({ json }) => json);
        assert.ok(!without.some((json) => json.includes("/alerts/")), "without a console alerts lead nowhere");
    });

    it("take text as text, whatever is in it", () => {
        const looked = { fromMs: 0, toMs: 1, stepSeconds: 60, values: { user: String.raw`\' OR 1=1 --` } };
        assert.equal(
            asGrafanaSends(grafanaSql("SELECT {user}, {from}, {step}"), looked),
            "SELECT decodeURLComponent('%5C%27%20OR%201%3D1%20--'), toTimeZone(fromUnixTimestamp64Milli(0), 'UTC'), greatest(60, 60)",
        );
    });

    it("come with a datasource whose password is a file's, and a folder that only files fill", () => {
        const { datasources } = datasourceFile.parse(fileOf("datasources/trading.yaml"));
        assert.deepEqual(datasources[0]?.secureJsonData, { password: "$__file{/run/secrets/dashboards}" });
        const { providers } = providerFile.parse(fileOf("dashboards/trading.yaml"));
        assert.equal(providers[0]?.allowUiUpdates, false);
        assert.deepEqual(providers[0].options, { path: "/var/lib/grafana/dashboards" });
    });

    it("come with alerts about the platform, which also sound when there is no answer", () => {
        const [group] = alertFile.parse(fileOf("alerting/trading.yaml")).groups;
        const rules = group?.rules ?? [];
        assert.deepEqual(
            rules.map(({ uid }) => uid),
            platformAlerts.map(({ id }) => `trading-${id}`),
        );
        for (const { uid, condition, noDataState, execErrState, data } of rules) {
            assert.deepEqual([condition, noDataState, execErrState], ["C", "Alerting", "Alerting"], uid);
            assert.deepEqual(
                data.map(({ refId, model }) => [refId, "expression" in model ? model.expression : undefined]),
                [
                    ["A", undefined],
                    ["B", "A"],
                    ["C", "B"],
                ],
            );
        }
        // A provisioned file takes $ for a reference.
        assert.ok(!renderGrafana().get("provisioning/alerting/trading.yaml")?.includes("$"));
    });
});
