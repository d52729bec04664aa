// Proves: the collector's configuration is the committed text, names no secret but by its environment, and has only the receivers it was asked for.
// Does not prove: that a collector takes it; tests/smoke/otel-collector runs a real one with it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { collectorConfig, collectorEnv } from "../../../infra/services/collector";
import { collectorGolden, collectorSamples } from "../../golden/collector";

interface Config {
    receivers: Record<string, object>;
    processors: Record<string, object>;
    exporters: Record<string, object>;
    extensions: Record<string, object>;
    service: {
        extensions: string[];
        pipelines: Record<string, { receivers: string[]; processors: string[]; exporters: string[] }>;
    };
}

describe("collector configuration", () => {
    for (const [file, args] of Object.entries(collectorSamples)) {
        const text = collectorConfig(args);
        const config = parse(text) as Config;

        it(`${file} is the committed text (npm run golden renders it)`, () => {
            assert.equal(text, readFileSync(join(collectorGolden, file), "utf8"));
        });

        it(`${file} uses everything it declares and declares everything it uses`, () => {
            const pipelines = Object.values(config.service.pipelines);
            for (const part of ["receivers", "processors", "exporters"] as const) {
                const used = new Set(pipelines.flatMap((pipeline) => pipeline[part]));
                assert.deepEqual([...used].sort(), Object.keys(config[part]).sort(), part);
            }
            assert.deepEqual([...config.service.extensions].sort(), Object.keys(config.extensions).sort());
        });

        it(`${file} takes nothing without a token, and reads every secret from its environment`, () => {
            const { protocols } = config.receivers.otlp as { protocols: Record<string, { auth: unknown }> };
            for (const { auth } of Object.values(protocols))
                assert.deepEqual(auth, { authenticator: "bearertokenauth" });
            const secrets = [...text.matchAll(/(?:token|username|password): (.*)/g)].map(([, value]) => value);
            const variables = Object.values(collectorEnv).map((name) => `\${env:${name}}`);
            assert.ok(secrets.length >= 3);
            for (const secret of secrets) assert.ok(variables.includes(secret ?? ""), secret);
        });
    }
});
