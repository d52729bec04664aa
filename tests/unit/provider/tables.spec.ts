// Proves: what the table kind says and runs, statement by statement, against a server that answers as told. Does not prove: that ClickHouse
// takes these statements and answers like this (tests/engine/provider).
import assert from "node:assert/strict";
import { type Changes, omit, pathText } from "../../../infra/provider/changes";
import { Unreachable } from "../../../infra/provider/clients";
import { type TableInputs, tableSpec } from "../../../infra/provider/clickhouse/shapes";
import { table } from "../../../infra/provider/clickhouse/table";
import { createTable } from "../../../schema/ddl";
import { type TableSpec } from "../../../schema/ddl/spec";
import { contextOf, FakeClickHouse, stateOf } from "./fakes";

const inputs: TableInputs = {
    database: "d",
    name: "t",
    columns: { a: { type: "UInt32" }, b: { type: "String" } },
    columnOrder: "a,b",
    engine: "MergeTree",
    orderBy: ["a"],
    readingView: { database: "d", name: "v", query: "SELECT * FROM d.t" },
};
const withFee: TableInputs = {
    ...inputs,
    columns: { ...inputs.columns, fee: { type: "UInt8" } },
    columnOrder: "a,fee,b",
};

/** A server that holds one table and its view, and takes every ALTER by becoming what was asked for. */
class Server extends FakeClickHouse {
    live: TableSpec | undefined = inputs;
    rowCount = 1234;
    view: string | undefined = "SELECT * FROM d.t";
    writers: { view: string; columns: string[] }[] = [];
    private probe: TableSpec | undefined;

    constructor(private readonly becomes: TableInputs) {
        super();
        this.script.push(
            [/MaterializedView/, () => this.writers],
            [/FROM system.tables/, ({ name }) => (name === "v" ? this.viewRows() : this.tableRows(this.named(name)))],
            [/FROM system.columns/, ({ name }) => columnRows(this.named(name))],
        );
    }

    override run(statement: string): Promise<void> {
        if (statement.startsWith("CREATE TEMPORARY TABLE")) this.probe = tableSpec(this.becomes);
        if (/^(ALTER|CREATE) TABLE/.test(statement)) this.live = tableSpec(this.becomes);
        if (statement.startsWith("CREATE OR REPLACE VIEW")) this.view = this.becomes.readingView?.query;
        return super.run(statement);
    }

    /** What changed something that stays. */
    get lasting(): string[] {
        return this.ran.filter((statement) => !statement.includes("TEMPORARY"));
    }

    private named(name: unknown): TableSpec | undefined {
        return name === "declared_table" ? this.probe : name === this.live?.name ? this.live : undefined;
    }

    private tableRows(spec: TableSpec | undefined): unknown[] {
        const create_table_query = spec === undefined ? "" : createTable(spec).replace(/\s+/g, " ");
        return spec === undefined
            ? []
            : [{ engine: "MergeTree", create_table_query, comment: "", as_select: "", rows: String(this.rowCount) }];
    }

    private viewRows(): unknown[] {
        return this.view === undefined
            ? []
            : [{ engine: "View", create_table_query: "", comment: "", as_select: this.view, rows: "0" }];
    }
}

const columnRows = (spec: TableSpec | undefined): unknown[] =>
    Object.entries(spec?.columns ?? {}).map(([name, column]) => ({
        name,
        type: column.type,
        compression_codec: column.codec === undefined ? "" : `CODEC(${column.codec})`,
        comment: column.comment ?? "",
        default_kind: column.default === undefined ? "" : "DEFAULT",
        default_expression: column.default ?? "",
    }));

const shown = ({ changes }: Changes): string[] =>
    changes.map(({ path, kind, replace }) => `${kind}${replace === true ? "-replace" : ""} ${pathText(path)}`);
const state = (of: TableInputs = inputs) => stateOf("d.t", of);

describe("table: diff", () => {
    const diff = async (next: TableInputs, server = new Server(next), old = inputs): Promise<Changes> =>
        table.diff(contextOf({ clickhouse: server }), state(old), next);

    it("asks nothing when nothing changed, and takes white space and order of columns for nothing", async () => {
        const server = new Server(inputs);
        server.script.unshift([/./, () => assert.fail("asked the server")]);
        assert.deepEqual(shown(await diff(inputs, server)), []);
        const spaced = {
            ...inputs,
            columnOrder: "b,a",
            readingView: { ...inputs.readingView, query: "SELECT  *\nFROM d.t" },
        };
        assert.deepEqual(shown(await diff(spaced as TableInputs, server)), []);
    });

    it("names the column that comes", async () => {
        const server = new Server(inputs);
        server.script.unshift([/./, () => Promise.reject(new Unreachable("ClickHouse", "x", "down")) as never]);
        assert.deepEqual(shown(await diff(withFee, server)), ["add columns.fee"]);
    });

    it("marks another sort key as a replacement only while the table is empty", async () => {
        const next = { ...inputs, orderBy: ["b"] };
        const server = new Server(next);
        server.refuses = /TEMPORARY/;
        assert.deepEqual(shown(await diff(next, server)), ["update orderBy"]);
        server.rowCount = 0;
        const changes = await diff(next, server);
        assert.deepEqual(shown(changes), ["update-replace orderBy"]);
        assert.equal(changes.deleteBeforeReplace, true);
    });

    it("marks another name as a replacement only where it is said what becomes of the rows", async () => {
        const next = { ...inputs, name: "u" };
        assert.deepEqual(shown(await diff(next)), ["update name"]);
        const keeping = { ...inputs, onDelete: "keep" as const };
        const changes = await diff({ ...next, onDelete: "keep" }, new Server(next), keeping);
        assert.deepEqual(shown(changes), ["update-replace name"]);
        assert.equal(changes.deleteBeforeReplace, false);
    });
});

describe("table: create and update", () => {
    it("creates the table, then the view it is read through", async () => {
        const server = new Server(inputs);
        server.live = undefined;
        const { id, outputs } = await table.create(contextOf({ clickhouse: server }), inputs);
        assert.equal(id, "d.t");
        assert.match(
            server.lasting.join("\n"),
            /^CREATE TABLE IF NOT EXISTS `d`.`t` .*\nCREATE OR REPLACE VIEW `d`.`v` AS SELECT \* FROM d.t$/,
        );
        assert.deepEqual(outputs, { database: "d", name: "t", server: {} });
    });

    it("adds a column in its place and makes the view again", async () => {
        const server = new Server(withFee);
        await table.update(contextOf({ clickhouse: server }), state(), withFee);
        assert.deepEqual(server.lasting, [
            "ALTER TABLE `d`.`t` ADD COLUMN IF NOT EXISTS `fee` UInt8 AFTER `a`",
            "CREATE OR REPLACE VIEW `d`.`v` AS SELECT * FROM d.t",
        ]);
    });

    it("goes on from where an update broke off", async () => {
        const server = new Server(withFee);
        server.live = withFee;
        await table.update(contextOf({ clickhouse: server }), state(), withFee);
        assert.deepEqual(server.lasting, ["CREATE OR REPLACE VIEW `d`.`v` AS SELECT * FROM d.t"]);
    });

    it("adopts a table that differs only in what can be changed, and says so", async () => {
        const server = new Server(withFee);
        const context = contextOf({ clickhouse: server });
        await table.create(context, withFee);
        assert.match(server.lasting[0] ?? "", /ADD COLUMN/);
        assert.deepEqual(context.said, ["table d.t existed with 1,234 rows and was adopted"]);
    });

    it("refuses to adopt one with another sort key, but makes an empty one anew", async () => {
        const next = { ...inputs, orderBy: ["b"] };
        const server = new Server(next);
        await assert.rejects(
            table.create(contextOf({ clickhouse: server }), next),
            /orderBy would change from \(a\) to \(b\).*1,234 rows.*t_v2/,
        );
        assert.deepEqual(server.lasting, []);
        server.rowCount = 0;
        await table.create(contextOf({ clickhouse: server }), next);
        assert.match(server.lasting.join("\n"), /^DROP TABLE IF EXISTS `d`.`t` SYNC\nCREATE TABLE/);
    });

    it("fails when the server took a statement and did nothing", async () => {
        const server = new Server(withFee);
        server.run = (statement) => FakeClickHouse.prototype.run.call(server, statement);
        server.script.unshift([
            /FROM system.columns/,
            ({ name }) => columnRows(name === "declared_table" ? withFee : inputs),
        ]);
        server.script.unshift([
            /FROM system.tables/,
            ({ name }) => [
                {
                    engine: "MergeTree",
                    create_table_query: createTable(name === "declared_table" ? withFee : inputs),
                    comment: "",
                    as_select: "",
                    rows: "1",
                },
            ],
        ]);
        await assert.rejects(
            table.update(contextOf({ clickhouse: server }), state(), withFee),
            /did not take a change, still needed is ALTER TABLE .* ADD COLUMN/,
        );
    });
});

describe("table: what is refused", () => {
    const without: TableInputs = { ...inputs, columns: { a: { type: "UInt32" } }, columnOrder: "a" };

    it("refuses a dropped column at preview and in update alike, with rows and recipe", async () => {
        const server = new Server(without);
        const refusal =
            /^Problem: table d.t: column b would be dropped with its values, and it holds 1,234 rows; .*allowDrop: \["b"\]/;
        await assert.rejects(
            async () => table.rehearse?.(contextOf({ clickhouse: server }), without, state()),
            refusal,
        );
        await assert.rejects(table.update(contextOf({ clickhouse: server }), state(), without), refusal);
        assert.deepEqual(server.lasting, []);
    });

    it("refuses it also where the server cannot be asked", async () => {
        const server = new Server(without);
        server.script.unshift([/./, () => Promise.reject(new Unreachable("ClickHouse", "x", "down")) as never]);
        server.run = () => Promise.reject(new Unreachable("ClickHouse", "x", "down"));
        const context = contextOf({ clickhouse: server });
        await assert.rejects(
            async () => table.rehearse?.(context, without, state()),
            /and its rows could not be counted/,
        );
    });

    it("says what its reading view shows otherwise, where that view selects every column", async () => {
        const wider: TableInputs = {
            ...withFee,
            columns: { a: { type: "UInt64" }, fee: { type: "UInt8" } },
            columnOrder: "a,fee",
            allowDrop: ["b"],
        };
        const said = async (next: TableInputs): Promise<string> => {
            const context = contextOf({ clickhouse: new Server(next) });
            await table.rehearse?.(context, next, state());
            return context.said.join();
        };
        assert.equal(
            await said(wider),
            "table d.t: d.v, the view it is read through, is made again and gains fee, loses b, shows a as UInt64",
        );
        const listing = { database: "d", name: "v", query: "SELECT a FROM d.t" };
        assert.equal(await said({ ...wider, readingView: listing }), "");
        assert.equal(await said({ ...inputs, comment: "other" }), "");
    });

    it("drops what the declaration allows, and warns of a view that still writes it", async () => {
        const allowed = { ...without, allowDrop: ["b"] };
        const server = new Server(allowed);
        server.writers = [{ view: "d.feed", columns: ["a", "b"] }];
        const context = contextOf({ clickhouse: server });
        await table.rehearse?.(context, allowed, state());
        assert.match(context.said.join(), /column b, which is dropped, is written by d.feed;/);
        await table.update(context, state(), allowed);
        assert.deepEqual(server.lasting[0], "ALTER TABLE `d`.`t` DROP COLUMN IF EXISTS `b`");
    });

    it("leaves a column that somebody made by hand, and says so once it is known", async () => {
        const server = new Server(withFee);
        server.live = { ...inputs, columns: { ...inputs.columns, own: { type: "String" } } };
        const drifted = state({ ...inputs, columns: server.live.columns });
        const context = contextOf({ clickhouse: server });
        await table.rehearse?.(context, inputs, drifted);
        assert.match(context.said.join(), /own was added by hand and is left in place/);
        await assert.doesNotReject(async () => table.rehearse?.(contextOf({ clickhouse: server }), withFee, state()));
    });

    it("refuses another name while the table holds rows", async () => {
        const next = { ...inputs, name: "u" };
        await assert.rejects(
            table.update(contextOf({ clickhouse: new Server(next) }), state(), next),
            /changing its database or name would delete it with 1,234 rows/,
        );
    });
});

describe("table: delete and read", () => {
    const remove = async (onDelete: "refuse" | "keep" | "drop" | undefined, server: Server): Promise<string[]> => {
        const context = contextOf({ clickhouse: server });
        await table.delete(context, state(onDelete === undefined ? inputs : { ...inputs, onDelete }));
        return context.said;
    };
    const dropped = ["DROP VIEW IF EXISTS `d`.`v`", "DROP TABLE IF EXISTS `d`.`t` SYNC"];

    it("refuses while there are rows, unless told to drop or keep them; an empty table goes in any case", async () => {
        const server = new Server(inputs);
        await assert.rejects(
            remove(undefined, server),
            /deleting it is refused, it holds 1,234 rows; .*onDelete: "drop"/,
        );
        assert.match((await remove("keep", server)).join(), /left in place with 1,234 rows/);
        assert.deepEqual(server.lasting, []);
        await remove("drop", server);
        assert.deepEqual(server.lasting, dropped);
        const empty = new Server(inputs);
        empty.rowCount = 0;
        await remove(undefined, empty);
        assert.deepEqual(empty.lasting, dropped);
    });

    it("is no error the second time, and spares a view that another table has taken over", async () => {
        const server = new Server(inputs);
        server.live = undefined;
        server.view = "SELECT * FROM d.t_v2";
        await remove(undefined, server);
        assert.deepEqual(server.lasting, ["DROP TABLE IF EXISTS `d`.`t` SYNC"]);
    });

    it("reads what is there in the declaration's words, an import in the server's, and nothing as gone", async () => {
        const server = new Server(inputs);
        const context = contextOf({ clickhouse: server });
        assert.deepEqual((await table.read(context, "d.t", state()))?.inputs, inputs);
        assert.deepEqual((await table.read(context, "d.t"))?.inputs, omit(inputs, "readingView"));
        server.live = undefined;
        assert.equal(await table.read(context, "d.t", state()), undefined);
        await assert.rejects(table.read(context, "t"), /import it as database.table/);
    });
});
