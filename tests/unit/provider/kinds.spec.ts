// Proves: what the kinds besides tables say and ask for, in which order, against services that answer as told. Does not prove: that the
// services take it (tests/engine/provider).
import assert from "node:assert/strict";
import { problemsOf } from "../../../infra/provider/checks";
import { type Changes, omit, pathText } from "../../../infra/provider/changes";
import { Unreachable } from "../../../infra/provider/clients";
import { database } from "../../../infra/provider/clickhouse/database";
import { feed } from "../../../infra/provider/clickhouse/feed";
import { namedCollection } from "../../../infra/provider/clickhouse/namedCollection";
import { type FeedInputs } from "../../../infra/provider/clickhouse/shapes";
import { view } from "../../../infra/provider/clickhouse/view";
import { processKind, type ProcessInputs, spoken } from "../../../infra/provider/embedded/process";
import { supervisor } from "../../../infra/provider/embedded/supervisor";
import { topic, type TopicInputs } from "../../../infra/provider/kafka/topic";
import { kindOf } from "../../../infra/provider/kinds";
import { unknownValue } from "../../../infra/provider/wire";
import { type ProcessDetails, specHash } from "../../../infra/embedded/supervisor/protocol";
import { feedStatements } from "../../../schema/ddl";
import { contextOf, FakeClickHouse, FakeKafka, FakeSupervisor, stateOf } from "./fakes";

const shown = ({ changes }: Changes): string[] =>
    changes.map(({ path, kind, replace }) => `${kind}${replace === true ? "-replace" : ""} ${pathText(path)}`);

describe("topic", () => {
    const inputs: TopicInputs = { name: "t", partitions: 2, config: { "retention.ms": "1" } };
    const live = (messages = 0) => ({
        t: {
            partitions: 2,
            messages,
            config: {
                "retention.ms": { value: "1", ofTopic: true },
                "max.message.bytes": { value: "9", ofTopic: true },
                "segment.ms": { value: "7", ofTopic: false },
            },
        },
    });

    it("is created as declared, and adopted by changing only what differs", async () => {
        const kafka = new FakeKafka();
        await topic.create(contextOf({ kafka }), inputs);
        assert.deepEqual(kafka.asked, ['create t 2 {"retention.ms":"1"}']);
        const existing = new FakeKafka(live(50));
        await topic.create(contextOf({ kafka: existing }), { ...inputs, partitions: 3 });
        assert.deepEqual(existing.asked, ["grow t 3"]);
    });

    it("sends all settings along, those of others too, and takes back what is no longer declared", async () => {
        const kafka = new FakeKafka(live());
        const context = contextOf({ kafka });
        await topic.update(context, stateOf("t", inputs), { ...inputs, config: { "retention.ms": "2" } });
        await topic.update(context, stateOf("t", inputs), { ...inputs, config: {} });
        assert.deepEqual(kafka.asked, [
            'configure t {"max.message.bytes":"9","retention.ms":"2"}',
            'configure t {"max.message.bytes":"9"}',
        ]);
    });

    it("refuses to shrink, at preview too", async () => {
        const context = contextOf({ kafka: new FakeKafka(live()) });
        const one = { ...inputs, partitions: 1 };
        const refusal = /topic t: partitions would shrink from 2 to 1, which Kafka cannot do; keep 2/;
        await assert.rejects(async () => topic.rehearse?.(context, one, stateOf("t", inputs)), refusal);
        await assert.rejects(async () => topic.rehearse?.(context, one), refusal);
        await assert.rejects(async () => topic.update(context, stateOf("t", inputs), one), refusal);
    });

    it("names the setting that changes; another name replaces only where that loses nothing unasked", async () => {
        const context = contextOf({ kafka: new FakeKafka(live(5)) });
        const diff = async (next: TopicInputs, old = inputs): Promise<string[]> =>
            shown(await topic.diff(context, stateOf("t", old), next));
        assert.deepEqual(await diff({ ...inputs, config: { "retention.ms": "2" } }), ['update config["retention.ms"]']);
        assert.deepEqual(await diff({ ...inputs, name: "u" }), ["update name"]);
        assert.deepEqual(await diff({ ...inputs, name: "u" }, { ...inputs, onDelete: "drop" }), [
            "update-replace name",
            "delete onDelete",
        ]);
    });

    it("reads back only what is declared, and all that was set on an imported one", async () => {
        const context = contextOf({ kafka: new FakeKafka(live()) });
        assert.deepEqual((await topic.read(context, "t", stateOf("t", inputs)))?.inputs, inputs);
        assert.deepEqual((await topic.read(context, "t"))?.inputs.config, {
            "retention.ms": "1",
            "max.message.bytes": "9",
        });
        assert.equal(await topic.read(context, "u"), undefined);
    });

    it("is not deleted with messages unasked", async () => {
        const kafka = new FakeKafka(live(50));
        await assert.rejects(
            topic.delete(contextOf({ kafka }), stateOf("t", inputs)),
            /topic t: deleting it is refused, it holds 50 messages/,
        );
        await topic.delete(contextOf({ kafka }), stateOf("t", { ...inputs, onDelete: "keep" as const }));
        assert.deepEqual(kafka.asked, []);
        await topic.delete(contextOf({ kafka }), stateOf("t", { ...inputs, onDelete: "drop" as const }));
        assert.deepEqual(kafka.asked, ["delete t"]);
    });
});

describe("feed", () => {
    const declared: FeedInputs = {
        database: "i",
        name: "f",
        collection: "kafka",
        topic: "t",
        group: "g",
        target: { database: "d", table: "f" },
        deadLetters: { database: "d", table: "dead" },
        columns: { event_id: "String", event_time: "DateTime64(6, 'UTC')", price: "Decimal(38, 18)" },
        columnOrder: "event_id,event_time,price",
        admission: { futureHours: 24 },
        settings: {},
    };
    const inputs = feed.complete?.(declared) ?? declared;
    const { create, dropOrder } = feedStatements(declared);
    const flat = (text: string): string => text.replace(/\s+/g, " ");
    const columnsOf = (...names: string[]): unknown[] => names.map((name) => ({ name }));

    function server(
        target: string[],
        objects: () => { name: string; create_table_query: string }[] = () => [],
    ): FakeClickHouse {
        return new FakeClickHouse([
            [/MaterializedView/, () => []],
            [/FROM system.columns/, () => columnsOf(...target)],
            [/AND name IN \{names/, objects],
        ]);
    }

    it("is made of all its objects, after what was there is gone", async () => {
        const clickhouse = server(Object.keys(inputs.columns));
        const { id } = await feed.create(contextOf({ clickhouse }), inputs);
        assert.equal(id, "i.f");
        assert.deepEqual(clickhouse.ran, [
            ...dropOrder.map((object) => `DROP TABLE IF EXISTS ${object} SYNC`),
            ...create.map(({ sql }) => flat(sql)),
        ]);
    });

    it("drops what an earlier renderer made in the order that one gave, views before their tables", async () => {
        const clickhouse = server(Object.keys(inputs.columns));
        const former = { objects: { "i.f_away": "1", "i.f_kafka": "2", "i.f_reader": "3" } };
        const state = stateOf("i.f", inputs, { ...former, dropOrder: "i.f_reader,i.f_kafka,i.f_away" });
        await feed.update(contextOf({ clickhouse }), state, inputs);
        const today = dropOrder.filter((object) => object !== "`i`.`f_kafka`");
        const drops = ["`i`.`f_reader`", "`i`.`f_kafka`", "`i`.`f_away`", ...today].map(
            (object) => `DROP TABLE IF EXISTS ${object} SYNC`,
        );
        assert.deepEqual(clickhouse.ran, [...drops, ...create.map(({ sql }) => flat(sql))]);
        await feed.delete(contextOf({ clickhouse: clickhouse }), state);
        assert.deepEqual(clickhouse.ran.slice(drops.length + create.length), drops);
    });

    it("records the order in which its objects go", async () => {
        const clickhouse = server(Object.keys(inputs.columns));
        const { outputs } = await feed.create(contextOf({ clickhouse }), inputs);
        const names = dropOrder.map((object) => object.replaceAll("`", ""));
        assert.deepEqual(outputs, { group: "g", topic: "t", objects: {}, dropOrder: names.join(",") });
        const kept = await feed.read(
            contextOf({ clickhouse: server([], () => [{ name: "f_kafka", create_table_query: "" }]) }),
            "i.f",
            stateOf("i.f", inputs, { ...outputs, objects: { "i.f_kafka": "" } }),
        );
        assert.deepEqual(kept?.outputs, { ...outputs, objects: { "i.f_kafka": "" } });
    });

    it("touches nothing while its target lacks a column, and names it", async () => {
        const clickhouse = server(["event_id", "event_time"]);
        await assert.rejects(
            feed.create(contextOf({ clickhouse }), inputs),
            /feed i.f: its target d.f has no column price; add it to the table first/,
        );
        await assert.rejects(feed.create(contextOf({ clickhouse: server([]) }), inputs), /target d.f does not exist/);
        assert.deepEqual(clickhouse.ran, []);
    });

    it("stops again where a view writes what its target does not have", async () => {
        const clickhouse = server(Object.keys(inputs.columns));
        clickhouse.script[0] = [/MaterializedView/, () => [{ view: "i.f_feed", columns: ["event_id", "_offset"] }]];
        await assert.rejects(
            feed.create(contextOf({ clickhouse }), inputs),
            /d.f has no column _offset \(written by i.f_feed\)/,
        );
        assert.equal(clickhouse.ran.at(-1), `DROP TABLE IF EXISTS ${dropOrder.at(-1) ?? ""} SYNC`);
    });

    it("shows the column that changes, or the definition where only the renderer did; keeps its group", () => {
        const context = contextOf({});
        const wider =
            feed.complete?.({
                ...declared,
                columns: { ...declared.columns, fee: "UInt8" },
                columnOrder: "event_id,event_time,price,fee",
            }) ?? declared;
        const diff = (next: FeedInputs): Changes => feed.diff(context, stateOf("i.f", inputs), next) as Changes;
        assert.deepEqual(shown(diff(inputs)), []);
        assert.deepEqual(shown(diff(wider)), ["add columns.fee"]);
        assert.deepEqual(shown(diff({ ...inputs, definition: "other" })), ["update definition"]);
        assert.throws(
            () => feed.rehearse?.(context, { ...inputs, group: "h" }, stateOf("i.f", inputs)),
            /group would change from g to h/,
        );
    });

    it("names the objects that are missing or changed by hand, and is gone only when all are", async () => {
        const all = [
            { name: "f_kafka", create_table_query: "one" },
            { name: "f_feed", create_table_query: "two" },
        ];
        const clickhouse = server(Object.keys(inputs.columns), () => all);
        const { outputs } = await feed.create(contextOf({ clickhouse }), inputs);
        const state = stateOf("i.f", inputs, outputs);
        const read = async (found: typeof all): Promise<FeedInputs | undefined> =>
            (await feed.read(contextOf({ clickhouse: server([], () => found) }), "i.f", state))?.inputs;
        assert.deepEqual(await read(all), inputs);
        const drifted = await read([{ name: "f_kafka", create_table_query: "three" }]);
        assert.deepEqual(drifted?.drift, { "i.f_kafka": "changed by hand", "i.f_feed": "missing" });
        assert.equal(await read([]), undefined);
        assert.deepEqual(shown(await feed.diff(contextOf({}), stateOf("i.f", drifted), inputs)), ["delete drift"]);
        await assert.rejects(feed.read(contextOf({ clickhouse }), "i.f"), /cannot be imported/);
    });
});

describe("view, database, named collection", () => {
    it("replaces a view's query in place, and takes the server's spelling for the same", async () => {
        const inputs = { database: "d", name: "v", query: "select 1", comment: "it's" };
        const clickhouse = new FakeClickHouse([
            [
                /formatQuerySingleLine/,
                ({ one, other }) => [{ same: String(one).toLowerCase() === String(other).toLowerCase() ? 1 : 0 }],
            ],
            [
                /FROM system.tables/,
                () => [{ engine: "View", as_select: "SELECT 1", comment: "it's", rows: "0", create_table_query: "" }],
            ],
        ]);
        const context = contextOf({ clickhouse });
        const { outputs } = await view.create(context, inputs);
        assert.deepEqual(clickhouse.ran, ["CREATE OR REPLACE VIEW `d`.`v` AS select 1 COMMENT 'it\\'s'"]);
        assert.deepEqual((await view.read(context, "d.v", stateOf("d.v", inputs, outputs)))?.inputs, inputs);
        assert.deepEqual((await view.read(context, "d.v"))?.inputs, { ...inputs, query: "SELECT 1" });
        assert.deepEqual(shown(await view.diff(context, stateOf("d.v", inputs), { ...inputs, query: "SELECT 1" })), []);
        assert.deepEqual(shown(await view.diff(context, stateOf("d.v", inputs), { ...inputs, query: "SELECT 2" })), [
            "update query",
        ]);
    });

    it("drops a database only when it is empty", async () => {
        const clickhouse = new FakeClickHouse([[/FROM system.databases/, () => [{ comment: "", tables: "3" }]]]);
        await assert.rejects(
            database.delete(contextOf({ clickhouse }), stateOf("d", { name: "d" })),
            /database d: deleting it is refused, it holds 3 tables/,
        );
        clickhouse.script[0] = [/FROM system.databases/, () => [{ comment: "", tables: "0" }]];
        await database.delete(contextOf({ clickhouse }), stateOf("d", { name: "d" }));
        assert.deepEqual(clickhouse.ran, ["DROP DATABASE IF EXISTS `d` SYNC"]);
    });

    it("changes a collection's entries, takes away the others, and names who still uses the former ones", async () => {
        const clickhouse = new FakeClickHouse([
            [/named_collections/, () => [{ keys: ["brokers", "old"] }]],
            [/engine = 'Kafka'/, () => [{ name: "i.f_kafka" }]],
        ]);
        const context = contextOf({ clickhouse });
        const inputs = { name: "kafka", entries: { brokers: "b:1", password: "it's" } };
        await namedCollection.update(context, stateOf("kafka", inputs), inputs);
        assert.deepEqual(clickhouse.ran, [
            "ALTER NAMED COLLECTION `kafka` SET `brokers` = 'b:1', `password` = 'it\\'s' DELETE `old`",
        ]);
        assert.match(context.said.join(), /i.f_kafka still use the former entries/);
        const read = await namedCollection.read(context, "kafka", stateOf("kafka", inputs));
        assert.deepEqual(read?.inputs.entries, { brokers: "b:1", old: "[hidden by the server]" });
    });
});

describe("supervisor and process", () => {
    const inputs: ProcessInputs = {
        name: "web",
        command: ["node"],
        env: { A: "1" },
        health: { tcp: "h:1" },
        running: true,
    };
    const spec = omit(inputs, "name", "running");
    const status = (state: ProcessDetails["state"], healthy = true): ProcessDetails => ({
        name: "web", pid: 1, state, since: "", restarts: 4, healthy, command: spec.command, logFile: "/l/web.log", fingerprint: null,
        lastExit: { code: null, signal: "SIGKILL", at: "" }, specHash: specHash(spec), adopted: false, spec,
    }); // prettier-ignore
    const diff = async (processes: ProcessDetails[], next = inputs): Promise<[string[], string]> => {
        const context = contextOf({ supervisor: new FakeSupervisor(processes) });
        return [shown(await processKind.diff(context, stateOf("web", inputs), next)), context.said.join()];
    };

    it("tells of a worker's log line what it says, and other programs' lines as they are", () => {
        assert.equal(
            spoken('{"level":"warn","time":"t","why":"connect ECONNREFUSED","msg":"trying again"}'),
            "trying again: connect ECONNREFUSED",
        );
        assert.equal(spoken('{"level":"info","port":1,"msg":"auditing"}'), "auditing");
        for (const line of ["kafka: starting", '{"msg": 1}', "{"]) assert.equal(spoken(line), line);
    });

    it("shows a dead process in a plain preview, and says how it died", async () => {
        assert.deepEqual(await diff([status("running")]), [[], ""]);
        const [changes, said] = await diff([status("backoff")]);
        assert.deepEqual(changes, ["add running"]);
        assert.match(
            said,
            /process web does not run \(backoff, killed by SIGKILL, 4 restarts, log \/l\/web.log\); pulumi up starts it/,
        );
        assert.match((await diff([]))[1], /is unknown to its supervisor/);
        assert.match((await diff([status("running", false)]))[1], /fails its health check/);
    });

    it("is replaced before a new one takes its place under another name", async () => {
        const changes = await processKind.diff(contextOf({}), stateOf("web", inputs), {
            ...inputs,
            name: "web2",
            env: { A: "2" },
        });
        assert.deepEqual(shown(changes), ["update env.A", "update-replace name"]);
        assert.equal(changes.deleteBeforeReplace, true);
    });

    it("is compared with nothing while there is no supervisor", async () => {
        const supervisorGone = new FakeSupervisor();
        supervisorGone.list = () => Promise.reject(new Unreachable("the supervisor", "/s", "gone"));
        const context = contextOf({ supervisor: supervisorGone });
        assert.deepEqual(shown(await processKind.diff(context, stateOf("web", inputs), inputs)), []);
        assert.match(context.said.join(), /nothing is compared with it/);
    });

    it("reads a dead one as not running, and another specification as what it is", async () => {
        const read = async (found: ProcessDetails): Promise<ProcessInputs | undefined> =>
            (
                await processKind.read(
                    contextOf({ supervisor: new FakeSupervisor([found]) }),
                    "web",
                    stateOf("web", inputs),
                )
            )?.inputs;
        assert.deepEqual(await read(status("running")), inputs);
        assert.equal((await read(status("backoff")))?.running, undefined);
        const other = { ...spec, env: { A: "2" } };
        assert.deepEqual((await read({ ...status("running"), spec: other, specHash: specHash(other) }))?.env, {
            A: "2",
        });
    });

    it("takes every variable that somebody else has set for a secret", async () => {
        const other = { ...spec, env: { A: "1", B: "2" } };
        const found = { ...status("running"), spec: other, specHash: specHash(other) };
        const context = contextOf({ supervisor: new FakeSupervisor([found]) });
        assert.deepEqual((await processKind.read(context, "web", stateOf("web", inputs)))?.secrets, [["env", "B"]]);
        assert.deepEqual((await processKind.read(context, "web"))?.secrets, [
            ["env", "A"],
            ["env", "B"],
        ]);
    });

    it("shows a dead supervisor, which is not gone", async () => {
        const dead = {
            ensure: () => Promise.reject(new Error("no")),
            alive: () => Promise.resolve(undefined),
            of: () => new FakeSupervisor(),
        };
        const context = contextOf({ supervisors: dead });
        const state = stateOf("/s", { dir: "/s", running: true as const });
        assert.deepEqual(shown(await supervisor.diff(context, state, state.inputs)), ["add running"]);
        assert.deepEqual((await supervisor.read(context, "/s", state))?.inputs, { dir: "/s" });
    });
});

describe("checks", () => {
    it("names every property that does not fit, in the declaration's words", () => {
        const inputs = { name: "t", partitions: 1.5, config: { a: 1 }, colour: "red", onDelete: "maybe" };
        assert.deepEqual(problemsOf(topic.shape, inputs), [
            "partitions: must be a whole number",
            'config.a: must be text, e.g. "604800000"',
            'onDelete: must be "refuse", "keep" or "drop"',
            "colour: is no property here; remove it, or check its spelling",
        ]);
    });

    it("passes over what is not known yet", () => {
        assert.deepEqual(
            problemsOf(topic.shape, { name: unknownValue, partitions: unknownValue, config: unknownValue }),
            [],
        );
    });

    it("knows no other type token", () => {
        assert.throws(
            () => kindOf("trading:clickhouse:Rollup"),
            /no resource type trading:clickhouse:Rollup; known are trading:clickhouse:Database/,
        );
    });
});
