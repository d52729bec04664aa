// Proves: Pulumi.yaml declares every key the program reads; each worker's wiring fits the worker's own environment, secrets are handed on as
// they came, a worker keeps its port whatever else runs, and what it imports beside the catalogue restarts it when changed. Does not prove: that the workers run with it (tests/engine).
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { readAlertsEnv } from "../../../functions/alerts/env";
import { auditorEnv } from "../../../functions/auditor/env";
import { readConsoleEnv } from "../../../functions/console/env";
import { evaluatorEnv } from "../../../functions/evaluator/env";
import { readGatewayEnv } from "../../../functions/gateway/env";
import { readMarketDataEnv } from "../../../functions/market-data/env";
import { readFeedEnv } from "../../../functions/matching-engine/env";
import { readOnChainEnv } from "../../../functions/on-chain/env";
import { readSentimentEnv } from "../../../functions/sentiment/env";
import { type Settings } from "../../../infra/config";
import { projectRoot } from "../../../infra/names";
import { catalogueSources, runWorkers, workers } from "../../../infra/pipeline/workers";
import { type Target, type Worker } from "../../../infra/targets";
import { catalogue } from "../../../schema";
import { sourcesOf } from "../../support/imports";
import { everything, project, settingsOf } from "../../support/settings";

type Env = Record<string, string>;

const readers: Record<string, (env: Env) => unknown> = {
    alerts: readAlertsEnv,
    auditor: (env) => auditorEnv.parse(env),
    console: readConsoleEnv,
    evaluator: (env) => evaluatorEnv.parse(env),
    gateway: readGatewayEnv,
    "market-data": readMarketDataEnv,
    "matching-engine": readFeedEnv,
    "on-chain": readOnChainEnv,
    sentiment: readSentimentEnv,
};

/** What a target is asked to run; secrets are plain here, for only their place is looked at. */
function ran(settings: Settings): { workers: Worker[]; endpoints: Record<string, string> } {
    const started: Worker[] = [];
    const target = {
        kafkaBrokers: ["127.0.0.1:9092"],
        clickhouseUrl: "http://127.0.0.1:8123",
        listenHost: "127.0.0.1",
        urlOf: (port: number) => `http://127.0.0.1:${String(port)}`,
        dataDir: (worker: string) => `/data/${worker}`,
        run: (worker: Worker) => void started.push(worker),
    } as unknown as Target;
    const feeds = new Map(catalogue.map(({ name }) => [name, name as never]));
    const plain: Settings = {
        ...settings,
        gateway: { ...settings.gateway, keys: "[]" },
        matchingEngine: { ...settings.matchingEngine, registryPassword: "p" },
        sentiment: { ...settings.sentiment, openai: { ...settings.sentiment.openai, apiKey: "k" } },
        onChain: { ...settings.onChain, etherscanApiKey: "e", solanaRpcUrl: "https://rpc.example.com" },
        alerts: { ...settings.alerts, targets: "[]", pseudonymKey: "", heartbeatUrl: "" },
        console: { ...settings.console, users: "[]" },
    };
    return { endpoints: runWorkers(plain, target, feeds, []), workers: started };
}

describe("workers", () => {
    before(() => runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, project, "test"));

    it("name programs and facts that exist", () => {
        const facts = catalogue.map(({ name }) => name);
        for (const { name, streams } of workers) {
            assert.ok(existsSync(join(projectRoot, "functions", name, "main.ts")), name);
            if (streams !== "all")
                assert.deepEqual(
                    streams.filter((stream) => !facts.includes(stream)),
                    [],
                    name,
                );
        }
    });

    it("are made anew when something changes that they import, the catalogue aside where another column is nothing to them", () => {
        const settings = settingsOf({ ...everything, matchingEngineMappings: [] });
        // Names and the quoting of SQL.
        const stable = ["schema/positions.ts", "schema/ddl"];
        for (const { name, madeOf } of workers) {
            const known = [
                `functions/${name}`,
                "functions/shared",
                ...catalogueSources,
                ...stable,
                ...(madeOf?.(settings) ?? []),
            ];
            assert.deepEqual(
                sourcesOf(`functions/${name}/main.ts`).filter(
                    (file) => !known.some((source) => file === source || file.startsWith(`${source}/`)),
                ),
                [],
                name,
            );
        }
    });

    it("are told what their own environment takes, and nothing it does not know", () => {
        const { workers: all } = ran(settingsOf(everything));
        assert.deepEqual(
            all.map(({ name }) => name),
            workers.map(({ name }) => name),
        );
        const shared = ["env.ts", "http/env.ts"].map((file) => join("functions/shared", file));
        for (const { name, env } of all) {
            const read = readers[name];
            assert.ok(read !== undefined, name);
            assert.doesNotThrow(() => read(env as Env), name);
            const known = [...shared, `functions/${name}/env.ts`]
                .map((file) => readFileSync(join(projectRoot, file), "utf8"))
                .join();
            assert.deepEqual(
                Object.keys(env).filter((key) => !known.includes(` ${key}:`)),
                [],
                name,
            );
        }
    });

    it("run by default where nothing has to be known of the venue", () => {
        const { workers: all, endpoints } = ran(settingsOf());
        assert.deepEqual(
            all.map(({ name }) => name),
            ["auditor", "market-data", "evaluator", "alerts", "console"],
        );
        assert.deepEqual(endpoints, { consoleUrl: "http://127.0.0.1:8126" });
    });

    it("say where they are reached, and keep their place when others are switched off", () => {
        const both = ran(settingsOf({ gatewayEnabled: true, gatewayPort: 8099 }));
        const consoleUrl = "http://127.0.0.1:8126";
        assert.deepEqual(both.endpoints, { gatewayUrl: "http://127.0.0.1:8099", consoleUrl });
        const alone = ran(settingsOf({ gatewayEnabled: true, collectMarketData: false }));
        const place = ({ workers: all }: typeof both): unknown => all.find(({ name }) => name === "gateway")?.index;
        assert.equal(place(alone), place(both));
    });

    it("hand secrets on as they came", async () => {
        const settings = settingsOf({ ...everything, openaiApiKey: "sk-1" });
        const { apiKey } = settings.sentiment.openai;
        const sentiment = workers.find(({ name }) => name === "sentiment");
        assert.ok(typeof apiKey !== "string" && !(apiKey instanceof Promise));
        assert.equal(await (apiKey as unknown as { isSecret: Promise<boolean> }).isSecret, true);
        const target = { kafkaBrokers: [], dataDir: () => "/d" } as unknown as Target;
        assert.equal(sentiment?.env(settings, target)["OPENAI_API_KEY"], apiKey);
    });
});

describe("configuration", () => {
    it("says what it found and what it wants", () => {
        const cases: [Record<string, unknown>, RegExp][] = [
            [{ feeds: ["coindesk"] }, /config feeds: must be "name class url" with a class of .*, found "coindesk"/],
            [{ feeds: ["x rumours https://x.example/rss"] }, /config feeds: .*, found "x rumours /],
            [{ gatewayTrustedProxies: ["notanip"] }, /config gatewayTrustedProxies: must be .*, found "notanip"/],
            [
                { gatewayTrustedProxies: ["::1", "10.0.0.0/33"] },
                /config gatewayTrustedProxies: .*, found "10.0.0.0\/33"/,
            ],
            [
                { gatewayActionsOrigins: ["www.example.com"] },
                /config gatewayActionsOrigins: .*, found "www.example.com"/,
            ],
            [
                { matchingEngineMappings: ["no/such.yaml"] },
                /config matchingEngineMappings: there is no such file, found "no\/such.yaml"; name a file by its path from .*\//,
            ],
            [{ matchingEngineMappings: ["functions"] }, /config matchingEngineMappings: that is no file, /],
            [{ gatewayPort: 0 }, /config gatewayPort: must be a whole number from 1 to 65535, found 0/],
            [
                { retentionDaysPerFact: ["trades=1"] },
                /config retentionDaysPerFact: must be fact=days .*found "trades=1"/,
            ],
            [
                { gatewayEnabld: true, symbol: ["BTCUSDT"] },
                /config gatewayEnabld, symbol: no key of this project, .* ARGS="config rm gatewayEnabld"$/,
            ],
            [{ onDelete: "perhaps" }, /config onDelete: must be one of refuse, keep, drop, found "perhaps"/],
        ];
        for (const [keys, message] of cases) assert.throws(() => settingsOf(keys), message);
    });

    it("keeps a fact as long as its own key says", () => {
        const { retentionDays } = settingsOf({ retentionDaysPerFact: ["market_trades=90"] });
        assert.deepEqual([retentionDays("market_trades"), retentionDays("user_orders")], [90, 30]);
    });
});
