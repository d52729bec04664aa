// Proves, through the real CLI, a real broker, the real engine and a real supervisor: how topics, feeds, named collections and processes
// follow their declarations; that a changed feed goes on where it was; that drift and dead processes show; that secrets stay secret.
// Does not prove: tables in detail (stories.spec.ts), feeds changed under load (tests/engine/stack).
import assert from "node:assert/strict";
import path from "node:path";
import { Kafka, logLevel, Partitioners, type Producer } from "kafkajs";
import { SupervisorClient } from "../../../infra/embedded/supervisor/client";
import { startClickHouseHost, type TestClickHouse } from "../../support/clickhouse";
import { startKafka, type TestKafka } from "../../support/kafka";
import { freePort, kill9, removeFolder, temporaryFolder, until } from "../../support/processes";
import { PulumiProject, repository, type Outcome } from "../../support/pulumi";
import { declaration, variables, type Word } from "../stories/pipeline";
import { changedLines, writeProject } from "./project";

describe("stories of a pipeline", function () {
    this.timeout(400_000);
    const folder = temporaryFolder("pipeline");
    const dir = path.join(folder, "stack");
    let host: TestClickHouse;
    let broker: TestKafka;
    let project: PulumiProject;
    let kafka: Kafka;
    let producer: Producer;
    let port: number;
    let sent = 0;

    async function query(statement: string): Promise<string> {
        const response = await fetch(host.url, { method: "POST", body: statement });
        const text = await response.text();
        assert.ok(response.ok, text);
        return text.trim();
    }
    const rows = async (): Promise<number> => Number(await query("SELECT count() FROM trading.fills"));
    const arrived = (): Promise<unknown> => until(`${String(sent)} rows`, async () => (await rows()) === sent, 60_000);
    const step = (...words: Word[]): { env: Record<string, string>; mayFail: true } => ({
        env: { [variables.words]: words.join(" ") },
        mayFail: true,
    });
    async function up(...words: Word[]): Promise<Outcome> {
        const outcome = await project.up(step(...words));
        assert.equal(outcome.code, 0, outcome.output);
        return outcome;
    }
    const word = async (): Promise<string> => (await fetch(`http://127.0.0.1:${String(port)}/`)).text();

    async function send(count: number, withVenue: boolean): Promise<void> {
        const fact = declaration(withVenue);
        const messages = Array.from({ length: count }, (_, index) => {
            const event = {
                event_time: new Date().toISOString(),
                source_id: "test",
                origin: "live",
                symbol: `S${String(sent + index)}`,
                price: "1.5",
                ...(withVenue ? { venue: "here" } : {}),
            };
            return { value: JSON.stringify({ ...event, event_id: fact.eventId(event) }) };
        });
        await producer.send({ topic: fact.topic.name, messages });
        sent += count;
    }

    before(async () => {
        port = await freePort();
        [host, broker] = await Promise.all([startClickHouseHost(), startKafka({ dir: path.join(folder, "kafka") })]);
        writeProject(folder, "pipeline");
        project = await PulumiProject.create(folder, {
            env: {
                [variables.clickhouse]: host.url,
                [variables.brokers]: broker.brokers.join(),
                [variables.dir]: dir,
                [variables.port]: String(port),
            },
        });
        const program = path.join(repository, "tests/engine/stories/pipeline");
        project.write("index.ts", `import { pipeline } from ${JSON.stringify(program)};\npipeline();\n`);
        kafka = new Kafka({ clientId: "test", brokers: broker.brokers, logLevel: logLevel.NOTHING });
        producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
        await producer.connect();
    });

    after(async () => {
        await producer.disconnect();
        await new SupervisorClient(dir).shutdown().catch(() => undefined);
        await host.stop();
        await broker.stop();
        project.dispose();
        removeFolder(folder);
    });

    it("brings up topic, tables, feed and process; a second up and a refresh find nothing to do", async () => {
        await up();
        await send(100, false);
        await arrived();
        assert.equal(await word(), "one");
        assert.match((await up()).output, /13 unchanged/);
        const { output } = await project.run(
            ["refresh", "--yes", "--skip-preview", "--diff", "--stack", project.stack],
            step(),
        );
        assert.deepEqual(changedLines(output), [], output);
    });

    it("keeps secrets out of the state and of every message", async () => {
        const { output } = await project.run(["stack", "export", "--stack", project.stack]);
        assert.doesNotMatch(output, /never-to-be-seen/);
        assert.doesNotMatch((await project.preview(step("restarted", "longer"))).output, /never-to-be-seen/);
    });

    it("grows a topic and sets its retention in place, and refuses to shrink it", async () => {
        const shown = await project.preview(step("threePartitions", "longer"));
        assert.deepEqual(changedLines(shown.output), [
            "~ config    : {",
            '~ retention.ms: "3600000" => "7200000"',
            "~ partitions: 2 => 3",
        ]);
        await up("threePartitions", "longer");
        const admin = kafka.admin();
        await admin.connect();
        const { topics } = await admin.fetchTopicMetadata({ topics: ["trading.fills.v1"] });
        await admin.disconnect();
        assert.equal(topics[0]?.partitions.length, 3);
        const refused = await project.preview(step("longer"));
        assert.match(
            refused.output,
            /topic trading.fills.v1: partitions would shrink from 3 to 2, which Kafka cannot do/,
        );
        await send(100, false);
        await arrived();
    });

    it("adds a column to table and feed, names nothing else, and goes on where the feed was", async () => {
        const words: Word[] = ["threePartitions", "longer", "venue"];
        const { output } = await project.preview(step(...words));
        assert.deepEqual(changedLines(output), [
            "~ columns: {",
            "+ venue: {",
            '+ comment: "Venue"',
            '+ type   : "LowCardinality(String)"',
            "~ columns: {",
            '+ venue: "LowCardinality(String)"',
        ]);
        await send(50, true);
        await up(...words);
        await send(50, true);
        await arrived();
        assert.equal(await query("SELECT count() FROM trading.fills WHERE venue = 'here'"), "50");
        const log = await query("SELECT count(), uniqExact(_partition, _offset) FROM facts.fills");
        assert.equal(log, `${String(sent)}\t${String(sent)}`);
    });

    it("names a missing object of a feed after a refresh, and makes the feed again", async () => {
        const words: Word[] = ["threePartitions", "longer", "venue"];
        await query("DROP TABLE ingest.fills_intake SYNC");
        await project.refresh(step(...words));
        const { output } = await project.preview(step(...words));
        assert.deepEqual(changedLines(output), ["- drift: {", '- ingest.fills_intake: "missing"']);
        await send(50, true);
        await up(...words);
        await arrived();
    });

    it("refuses another consumer group", async () => {
        const { output } = await project.preview(step("threePartitions", "longer", "venue", "otherGroup"));
        assert.match(output, /group would change from clickhouse.fills to another, which would read the topic again/);
    });

    it("refuses a feed whose target lacks a column, and names it; put right, it goes on", async () => {
        const words: Word[] = ["threePartitions", "longer", "venue"];
        await query("ALTER TABLE facts.fills DROP COLUMN venue");
        await query("DROP TABLE ingest.fills_intake SYNC");
        await project.refresh(step(...words));
        // The table's own drift would put the column back first, so only the feed is asked for.
        const feed = `urn:pulumi:${project.stack}::pipeline::trading:clickhouse:Feed::fills`;
        const alone = ["up", "--yes", "--skip-preview", "--target", feed, "--stack", project.stack];
        const { code, output } = await project.run(alone, step(...words));
        assert.notEqual(code, 0);
        assert.match(
            output,
            /feed ingest.fills: its target facts.fills has no column venue; add it to the table first/,
        );
        await up(...words);
        await send(50, true);
        await arrived();
    });

    it("drops a column from feed and table in one change, as declared", async () => {
        const words: Word[] = ["threePartitions", "longer", "allowDrop"];
        const { output } = await project.preview(step(...words));
        assert.match(output, /column venue, which is dropped, is written by ingest.fills_feed/);
        await up(...words);
        await send(50, false);
        await arrived();
        assert.equal(
            await query(
                "SELECT count() FROM system.columns WHERE database IN ('facts', 'trading') AND table = 'fills' AND name = 'venue'",
            ),
            "0",
        );
    });

    it("restarts a process whose environment changed", async () => {
        await up("threePartitions", "longer", "allowDrop", "restarted");
        assert.equal(await word(), "two");
    });

    it("shows a dead supervisor and its dead process in a plain preview, and brings both back", async () => {
        const words: Word[] = ["threePartitions", "longer", "allowDrop", "restarted"];
        const client = new SupervisorClient(dir);
        const [web] = await client.list();
        kill9((await client.info()).pid);
        kill9(web?.pid ?? 0);
        const { output } = await project.preview(step(...words));
        assert.deepEqual(changedLines(output), ["+ running: true"]);
        await up(...words);
        await until("the process answers", async () => (await word().catch(() => "")) === "two");
    });

    it("destroys nothing that holds messages or rows unasked, and everything when told to", async () => {
        const words: Word[] = ["threePartitions", "longer", "allowDrop", "restarted"];
        const refused = await project.destroy(step(...words));
        assert.notEqual(refused.code, 0);
        assert.match(refused.output, /deleting it is refused, it holds \d+ (messages|rows)/);
        await up(...words, "drop");
        const { code, output } = await project.destroy(step(...words, "drop"));
        assert.equal(code, 0, output);
        assert.equal(
            await query("SELECT count() FROM system.databases WHERE name IN ('facts', 'ingest', 'trading')"),
            "0",
        );
        await assert.rejects(word());
    });
});
