// For tests: the whole product on the embedded target, brought up by the real Pulumi CLI on ports, data and state of its own.
import { join } from "node:path";
import { ClickHouseLogLevel, createClient, type ClickHouseClient } from "@clickhouse/client";
import { Kafka, logLevel, Partitioners, type Producer } from "kafkajs";
import { catalogue } from "../../schema";
import { lag, positions } from "../../schema/positions";
import { stopLeftovers } from "../../infra/cli/processes";
import { SupervisorClient } from "../../infra/embedded/supervisor/client";
import { freePort } from "./processes";
import { PulumiProject, repository } from "./pulumi";

/** First use downloads Kafka's jars. */
const upTimeoutSeconds = 420;
const stackName = "test";

/** A running stack. */
export class TestStack {
    readonly clickhouse: ClickHouseClient;
    readonly kafka: Kafka;
    readonly supervisor: SupervisorClient;

    private constructor(
        readonly project: PulumiProject,
        readonly clickhouseUrl: string,
        readonly brokers: string,
        /** Where the collector looks for the venue: a test that plays a recording serves it here. */
        readonly venuePort: number,
    ) {
        this.clickhouse = createClient({
            url: clickhouseUrl,
            request_timeout: 60_000,
            // Servers are killed on purpose; what fails for good is thrown.
            log: { level: ClickHouseLogLevel.OFF },
            clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        });
        this.kafka = new Kafka({ clientId: "test", brokers: [brokers], logLevel: logLevel.NOTHING });
        this.supervisor = new SupervisorClient(join(project.dir, ".trading", stackName));
    }

    /** Brings a stack up from the files of a folder; `config` overrides what Pulumi.yaml says. */
    static async start(config: Record<string, string> = {}, source = repository): Promise<TestStack> {
        const [
            clickhousePort = 0,
            kafkaPort = 0,
            kafkaControllerPort = 0,
            metricsPort = 0,
            consolePort = 0,
            venuePort = 0,
        ] = await Promise.all(Array.from({ length: 6 }, freePort));
        const project = await PulumiProject.create(source, { stack: stackName });
        const ports = { clickhousePort, kafkaPort, kafkaControllerPort, metricsPort, consolePort };
        const numbers = Object.fromEntries(Object.entries(ports).map(([key, value]) => [key, String(value)]));
        const venue = {
            binanceWsUrl: `ws://127.0.0.1:${String(venuePort)}`,
            binanceRestUrl: `http://127.0.0.1:${String(venuePort)}`,
        };
        const symbols = ["BTCUSDT", "XRPUSDT"].flatMap((symbol, index) => [
            "--plaintext",
            `symbols[${String(index)}]=${symbol}`,
        ]);
        await project.config({ ...numbers, onDelete: "drop", ...venue, ...config });
        await project.run(["config", "set-all", "--path", ...symbols, "--stack", stackName]);
        try {
            await project.up({ timeoutSeconds: upTimeoutSeconds });
        } catch (error) {
            await end(project).catch(() => undefined);
            throw error;
        }
        const url = `http://127.0.0.1:${String(clickhousePort)}`;
        return new TestStack(project, url, `127.0.0.1:${String(kafkaPort)}`, venuePort);
    }

    /** Rows of a query. */
    async rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
        const result = await this.clickhouse.query({ query, query_params: parameters, format: "JSONEachRow" });
        return result.json<T>();
    }

    /** The one number a query gives. */
    async number(query: string): Promise<number> {
        const [row] = await this.rows<Record<string, number | string>>(query);
        return Number(Object.values(row ?? {})[0] ?? Number.NaN);
    }

    /** Messages in a fact's topic that its feed has not committed. */
    async lag(fact: string): Promise<number> {
        const declaration = catalogue.find(({ name }) => name === fact);
        if (declaration === undefined) throw new Error(`there is no fact ${fact}`);
        const admin = this.kafka.admin();
        await admin.connect();
        try {
            const topic = declaration.topic.name;
            const [ends, groups] = await Promise.all([
                admin.fetchTopicOffsets(topic),
                admin.fetchOffsets({ groupId: declaration.group, topics: [topic] }),
            ]);
            return Number(lag(positions(ends, groups)));
        } finally {
            await admin.disconnect();
        }
    }

    /** A connected producer that waits for all replicas. */
    async producer(): Promise<Producer> {
        const producer = this.kafka.producer({
            idempotent: true,
            maxInFlightRequests: 1,
            createPartitioner: Partitioners.DefaultPartitioner,
        });
        await producer.connect();
        return producer;
    }

    /** Ends all of it and removes its folder. Throws when `pulumi destroy` did not end well, after all processes are gone. */
    async stop(): Promise<void> {
        await this.clickhouse.close();
        await end(this.project);
    }
}

async function end(project: PulumiProject): Promise<void> {
    const { code, output } = await project.destroy({ timeoutSeconds: 180, mayFail: true });
    const left = await stopLeftovers(join(project.dir, ".trading", stackName));
    if (code !== 0 || left.length > 0)
        throw new Error(
            `pulumi destroy: exit code ${String(code)}, still running ${left.join(", ") || "nothing"}\n${output}`,
        );
    project.dispose();
}

let shared: Promise<TestStack> | undefined;

/** One stack for all suites that leave it as they found it; ended by the last hook of the run. */
export function sharedStack(): Promise<TestStack> {
    shared ??= TestStack.start();
    return shared;
}

/** Ends the shared stack, where there is one. */
export async function stopSharedStack(): Promise<void> {
    const stack = await shared?.catch(() => undefined);
    shared = undefined;
    await stack?.stop();
}
