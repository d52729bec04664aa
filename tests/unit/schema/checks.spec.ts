// Proves: which SQL a column's stored type yields. Does not prove what the SQL does; tests/engine/schema runs it.
import assert from "node:assert/strict";
import { feedStatements, type FeedSpec } from "../../../schema/ddl";
import { wireColumn } from "../../../schema/ddl/checks";

const feed: FeedSpec = {
    database: "ingest",
    name: "fills",
    collection: "kafka",
    topic: "trading.fills.v1",
    group: "clickhouse.fills",
    target: { database: "facts", table: "fills" },
    deadLetters: { database: "facts", table: "dead_letters" },
    columns: { event_time: "DateTime64(6, 'UTC')", price: "Decimal(38, 18)", note: "Nullable(String)" },
    admission: { pastDays: 30, futureHours: 24 },
    settings: { kafka_flush_interval_ms: 500 },
};

describe("schema: wire checks", () => {
    it("refuses a type it has no exact conversion for, naming the file to extend", () => {
        assert.throws(
            () => wireColumn("x", "Float64", "t"),
            /no exact conversion is known; add one to schema\/ddl\/checks\.ts/,
        );
    });

    it("lets an optional column be absent and nothing else", () => {
        assert.match(wireColumn("note", "Nullable(String)", "t").ok, /^\(isNull\(`t`\.`note`\) OR /);
        assert.doesNotMatch(wireColumn("note", "String", "t").ok, /isNull/);
    });

    it("qualifies every column, since a view's alias would win over the raw one", () => {
        for (const type of [
            "Decimal(38, 18)",
            "UInt256",
            "Enum8('a' = 1)",
            "Bool",
            "IPv6",
            "LowCardinality(Nullable(String))",
        ]) {
            const { value } = wireColumn("c", type, "lines");
            assert.equal(value.replaceAll("`lines`.`c`", "").includes("`c`"), false, value);
        }
    });
});

describe("schema: feed statements", () => {
    const { create, dropOrder } = feedStatements(feed);

    it("creates the view that starts consumption last and drops it first", () => {
        assert.equal(create.at(-1)?.name, "`ingest`.`fills_intake`");
        assert.equal(dropOrder[0], "`ingest`.`fills_intake`");
    });

    it("reads the Kafka table in one place only: a second view would miss what the first has consumed", () => {
        assert.equal(create.filter(({ sql }) => sql.includes("FROM `ingest`.`fills_kafka`")).length, 1);
    });

    it("checks and converts a row once, in the view that reads it", () => {
        const checking = create.filter(({ sql }) => /match\(|OrNull\(/.test(sql)).map(({ name }) => name);
        assert.deepEqual(checking, ["`ingest`.`fills_recovered`", "`ingest`.`fills_intake`"]);
    });

    it("drops what it creates, views before the tables they read", () => {
        assert.deepEqual([...dropOrder].sort(), create.map(({ name }) => name).sort());
        const firstTable = dropOrder.findIndex((name) =>
            create.find((c) => c.name === name)?.sql.startsWith("CREATE TABLE"),
        );
        assert.ok(
            dropOrder
                .slice(firstTable)
                .every((name) => create.find((c) => c.name === name)?.sql.startsWith("CREATE TABLE")),
        );
    });

    it("never skips a broken message", () => {
        const sql = create.map((statement) => statement.sql).join("\n");
        assert.doesNotMatch(sql, /skip_broken/);
        assert.match(sql, /kafka_handle_error_mode = 'stream'/);
    });

    it("names no broker: they are in the named collection", () => {
        assert.match(create[0]?.sql ?? "", /ENGINE = Kafka\(kafka\)/);
    });
});
