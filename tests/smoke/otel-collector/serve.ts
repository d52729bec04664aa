// What the smoke tests speak to: ClickHouse as the embedded stack runs it, and the built collector with the configuration that stacks give it. Runs until
// SIGTERM; writes where things are, as shell variables, into the file named by its argument once both answer.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectorConfig, collectorEnv } from "../../../infra/services/collector";
import { startClickHouseHost } from "../../support/clickhouse";
import { freePort, removeFolder, temporaryFolder, until } from "../../support/processes";
import { openDoor } from "./door";

const token = "smoke-token";
const startMs = 90_000;

/** A collector that answers as healthy. Its own log goes to stderr. */
async function startCollector(program: string, configFile: string, healthUrl: string): Promise<ChildProcess> {
    const env = {
        [collectorEnv.token]: token,
        // The embedded server's only account.
        [collectorEnv.clickhouseUser]: "default",
        [collectorEnv.clickhousePassword]: "",
        [collectorEnv.hostName]: "smoke-host",
    };
    const child = spawn(program, ["--config", configFile], { env, stdio: ["ignore", "inherit", "inherit"] });
    const early = once(child, "exit").then(() => {
        throw new Error("the collector ended before it was healthy; its log says why");
    });
    const healthy = async (): Promise<boolean> => (await fetch(healthUrl).catch(() => undefined))?.ok === true;
    await Promise.race([until("the collector is healthy", healthy, startMs), early]);
    early.catch(() => undefined);
    return child;
}

function tell(variablesFile: string, variables: Readonly<Record<string, string>>): void {
    const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
    // Whole or not at all: somebody waits for it.
    writeFileSync(`${variablesFile}.new`, lines.join(""));
    renameSync(`${variablesFile}.new`, variablesFile);
}

async function serve(program: string, variablesFile: string, clickhouseUrl: string, folder: string): Promise<void> {
    const door = await openDoor(clickhouseUrl);
    const ports = { grpc: await freePort(), http: await freePort(), health: await freePort() };
    const configFile = join(folder, "config.yaml");
    const config = collectorConfig({
        // The embedded server has no compression of blocks.
        ...{ clickhouseUrl: `${door.url}?compress=none`, database: "otel", ports, ttlDays: 30 },
        ...{ listenHost: "127.0.0.1", hostRoot: "/", memoryMib: 200, flushSeconds: 1 },
    });
    writeFileSync(configFile, config);
    const collector = await startCollector(program, configFile, `http://127.0.0.1:${ports.health}/`);
    process.on("SIGTERM", () => collector.kill("SIGTERM"));
    tell(variablesFile, {
        ...{ OTLP: `http://127.0.0.1:${ports.http}`, OTLP_GRPC: `127.0.0.1:${ports.grpc}`, TOKEN: token },
        ...{ CLICKHOUSE: clickhouseUrl, CONFIG: configFile },
    });
    await once(collector, "exit");
    door.close();
}

async function main(program: string, variablesFile: string): Promise<void> {
    const clickhouse = await startClickHouseHost();
    const folder = temporaryFolder("otel-smoke");
    try {
        await serve(program, variablesFile, clickhouse.url, folder);
    } finally {
        await clickhouse.stop();
        removeFolder(folder);
    }
}

const [, , program = "", variablesFile = ""] = process.argv;
main(program, variablesFile).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
});
