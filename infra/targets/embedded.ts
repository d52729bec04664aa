// The embedded target: Kafka, ClickHouse and the workers as local processes under one supervisor, all on loopback.
import { join } from "node:path";
import type * as pulumi from "../pulumi";
import { type Settings } from "../config";
import { projectRoot, source, stackDir } from "../names";
import { Process, Provider, Supervisor } from "../resources";
import { type Target, type Worker } from "./target";

const loopback = "127.0.0.1";
const urlOf = (port: number): string => `http://${loopback}:${String(port)}`;

const node = (entry: string, ...args: string[]): string[] => ["node", "--require", "tsx/cjs", source(entry), ...args];

function services(settings: Settings, dir: string, options: pulumi.CustomResourceOptions): Process[] {
    const { kafka, kafkaController, clickhouse } = settings.ports;
    const broker = new Process(
        "kafka",
        {
            name: "kafka",
            command: node(
                "infra/embedded/kafka/main.ts",
                "--dir",
                join(dir, "kafka"),
                "--port",
                String(kafka),
                "--controller-port",
                String(kafkaController),
            ),
            env: {},
            cwd: projectRoot,
            health: { tcp: `${loopback}:${String(kafka)}` },
            // A first start downloads Kafka's jars.
            healthTimeoutSeconds: 300,
        },
        options,
    );
    const host = new Process(
        "clickhouse",
        {
            name: "clickhouse",
            command: node(
                "infra/embedded/clickhouse-host/main.ts",
                "--path",
                join(dir, "clickhouse"),
                "--port",
                String(clickhouse),
            ),
            env: {},
            cwd: projectRoot,
            health: { url: `${urlOf(clickhouse)}/ping` },
        },
        options,
    );
    return [broker, host];
}

/** Builds the services of the embedded target. */
export function embedded(settings: Settings): Target {
    const dir = stackDir(settings.stack);
    const published = {
        kafkaBrokers: [`${loopback}:${String(settings.ports.kafka)}`],
        clickhouseUrl: urlOf(settings.ports.clickhouse),
    };
    const { previewEntities } = settings;
    const provider = new Provider("trading", { ...published, supervisorDir: dir, previewEntities });
    const supervisor = new Supervisor("supervisor", { dir }, { provider });
    const ready = services(settings, dir, { provider, dependsOn: [supervisor] });
    const run = (worker: Worker): Process => {
        const metricsPort = settings.ports.metrics + worker.index;
        return new Process(
            worker.name,
            {
                name: worker.name,
                command: node(`functions/${worker.name}/main.ts`),
                env: { ...worker.env, METRICS_PORT: String(metricsPort) },
                cwd: projectRoot,
                health: { url: `${urlOf(metricsPort)}/livez` },
                fingerprint: worker.fingerprint,
            },
            { provider, dependsOn: [...ready, ...worker.dependsOn] },
        );
    };
    const dataDir = (worker: string): string => join(dir, worker);
    return { ...published, published, provider, ready, listenHost: loopback, urlOf, dataDir, run };
}
