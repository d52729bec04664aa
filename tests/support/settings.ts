// Settings of a stack without the Pulumi engine: what Pulumi.yaml says by default, and what a test sets.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { parse } from "yaml";
import { readSettings, type Settings } from "../../infra/config";
import { projectRoot } from "../../infra/names";

/** The project as Pulumi.yaml names it. */
export const project = "trading-monitoring";

/** Switches every worker on. */
export const everything = {
    gatewayEnabled: true,
    gatewayTrustedProxies: ["10.0.0.0/8"],
    gatewayActionsOrigins: ["https://app.example.com"],
    matchingEngineMappings: ["package.json"],
    sentimentEnabled: true,
    feeds: ["coindesk news https://www.example.com/rss"],
    tokens: ["ABC=Alpha|Beta"],
    onChainEnabled: true,
    httpPrivateOrigins: ["http://127.0.0.1:9443"],
};

/** The settings of a stack that sets these keys, with Pulumi.yaml's defaults for the others. Mocks have to be set before, for they name the project. */
export function settingsOf(keys: Record<string, unknown> = {}): Settings {
    const { config } = parse(readFileSync(join(projectRoot, "Pulumi.yaml"), "utf8")) as {
        config: Record<string, { default: unknown }>;
    };
    const defaults = Object.entries(config).map(([key, declared]): [string, unknown] => [key, declared.default]);
    const values = [...defaults, ...Object.entries(keys)].map(([key, value]): [string, string] => [
        `${project}:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    runtime.setAllConfig(Object.fromEntries(values));
    return readSettings();
}
