// One fact from its topic to its table, with a process beside it; what a step has otherwise is said in words of the environment.
import { secret } from "@pulumi/pulumi";
import { Database, Feed, NamedCollection, Process, Provider, Supervisor, Table, Topic } from "../../../infra/resources";
import { deadLetters, feedOf, suspects, tableOf } from "../../../schema/ddl";
import { decimal, fact, label } from "../../../schema/dsl";

/** Environment variables by which the test tells the program where the services are, and which step it is. */
export const variables = {
    clickhouse: "STORY_CLICKHOUSE_URL",
    brokers: "STORY_BROKERS",
    dir: "STORY_DIR",
    port: "STORY_PORT",
    words: "STORY_WORDS",
} as const;

export type Word = "venue" | "allowDrop" | "threePartitions" | "longer" | "otherGroup" | "restarted" | "drop";

/** The fact of the stories. */
export const declaration = (withVenue: boolean) =>
    fact("fills", {
        description: "Executions",
        columns: { symbol: label("Symbol"), price: decimal("Price"), ...(withVenue ? { venue: label("Venue") } : {}) },
        identity: ["symbol"],
        entity: ["symbol"],
        key: ["symbol"],
    });

/** The program of a step. */
export function pipeline(): void {
    const env = (name: keyof typeof variables): string => process.env[variables[name]] ?? "";
    const is = (word: Word): boolean => env("words").split(" ").includes(word);
    const dir = env("dir");
    const onDelete = is("drop") ? "drop" : "refuse";
    const provider = new Provider("trading", {
        clickhouseUrl: env("clickhouse"),
        kafkaBrokers: [env("brokers")],
        supervisorDir: dir,
    });
    const fills = declaration(is("venue"));
    const config = { "retention.ms": is("longer") ? "7200000" : "3600000", "message.timestamp.type": "LogAppendTime" };
    const topic = new Topic(
        "fills",
        { name: fills.topic.name, partitions: is("threePartitions") ? 3 : 2, config, onDelete },
        { provider },
    );
    const databases = ["facts", "ingest", "trading"].map(
        (name) => new Database(name, { name, onDelete }, { provider }),
    );
    const entries = {
        kafka_broker_list: env("brokers"),
        kafka_sasl_password: secret("never-to-be-seen"),
        "kafka.session_timeout_ms": "6000",
        "kafka.heartbeat_interval_ms": "2000",
        "kafka.group_instance_id": "clickhouse",
    };
    const kafka = new NamedCollection("kafka", { name: "kafka", entries }, { provider });
    const tables = [deadLetters(30), suspects(30), tableOf(fills, 30)].map(
        (table) =>
            new Table(
                table.name,
                { ...table, ...(is("allowDrop") ? { allowDrop: ["venue"] } : {}), onDelete },
                { provider, dependsOn: databases },
            ),
    );
    const feed = feedOf(fills, { retentionDays: 30, futureHours: 24, settings: { kafka_flush_interval_ms: 500 } });
    const group = is("otherGroup") ? { group: "another" } : {};
    new Feed("fills", { ...feed, ...group }, { provider, dependsOn: [topic, kafka, ...tables] });

    const supervisor = new Supervisor("supervisor", { dir }, { provider });
    const serve =
        "require('http').createServer((q, r) => r.end(process.env.WORD)).listen(process.env.PORT, '127.0.0.1')";
    new Process(
        "web",
        {
            name: "web",
            command: ["node", "-e", serve],
            env: { PORT: env("port"), WORD: is("restarted") ? "two" : "one", TOKEN: secret("never-to-be-seen") },
            health: { url: `http://127.0.0.1:${env("port")}/` },
        },
        { provider, dependsOn: supervisor },
    );
}
