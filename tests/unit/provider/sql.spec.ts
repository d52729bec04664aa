// Proves: how a server's statements are taken apart, which type changes count as harmless, which statements lead from one table to another,
// and how a server's spelling is told from a real change. Does not prove: that ClickHouse takes the statements (tests/engine/provider).
import assert from "node:assert/strict";
import { alterTable } from "../../../infra/provider/clickhouse/alter";
import { bracket, clauses, split, squeezed } from "../../../infra/provider/clickhouse/text";
import { widens } from "../../../infra/provider/clickhouse/types";
import { reconciled, serverForms } from "../../../infra/provider/forms";
import { type TableSpec } from "../../../schema/ddl/spec";

describe("texts of ClickHouse", () => {
    it("splits at the top level only", () => {
        assert.deepEqual(split("a, f(b, c), 'd, e', `g,h`, [1, 2]"), ["a", "f(b, c)", "'d, e'", "`g,h`", "[1, 2]"]);
        assert.deepEqual(split(""), []);
    });

    it("finds clauses outside quotes and brackets", () => {
        const text =
            "ENGINE = X(a) ORDER BY (TTL, b) TTL c + toIntervalDay(1) SETTINGS s = ' COMMENT ' COMMENT 'it\\'s TTL'";
        assert.deepEqual(clauses(text, ["ENGINE =", "ORDER BY", "TTL", "SETTINGS", "COMMENT"]), {
            "ENGINE =": "X(a)",
            "ORDER BY": "(TTL, b)",
            TTL: "c + toIntervalDay(1)",
            SETTINGS: "s = ' COMMENT '",
            COMMENT: "'it\\'s TTL'",
        });
    });

    it("finds the first bracket and what follows", () => {
        assert.deepEqual(bracket("CREATE TABLE `a(b` (x Enum8('(' = 1)) ENGINE = Y(z)"), {
            inside: "x Enum8('(' = 1)",
            after: " ENGINE = Y(z)",
        });
        assert.equal(bracket("no bracket"), undefined);
    });

    it("squeezes white space outside quotes", () => {
        assert.equal(squeezed("SELECT  a ,\n b FROM t( 'x  ,y' )"), "SELECT a, b FROM t('x  ,y')");
    });
});

describe("types that widen", () => {
    const table: [from: string, to: string, widens: boolean][] = [
        ["String", "LowCardinality(String)", true],
        ["LowCardinality(String)", "String", true],
        ["LowCardinality(String)", "LowCardinality(Nullable(String))", true],
        ["String", "Nullable(String)", true],
        ["Nullable(String)", "String", false],
        ["Decimal(18,8)", "Decimal(38, 18)", true],
        ["Decimal(38, 18)", "Decimal(38, 20)", false],
        ["Decimal(38, 18)", "Decimal(18, 8)", false],
        ["Enum8('a' = 1)", "Enum8('a' = 1, 'b' = 2)", true],
        ["Enum8('a' = 1)", "Enum16('a' = 1)", true],
        ["Enum8('a' = 1, 'b' = 2)", "Enum8('a' = 1)", false],
        ["Enum8('a' = 1)", "Enum8('a' = 2)", false],
        ["Enum8('a, b = 1' = 1)", "Enum8('a, b = 1' = 1, 'c' = 2)", true],
        ["Enum8('a' = 1)", "LowCardinality(String)", true],
        ["UInt32", "UInt64", true],
        ["UInt32", "Int64", true],
        ["UInt64", "Int64", false],
        ["Int64", "UInt64", false],
        ["UInt64", "UInt32", false],
        ["Float32", "Float64", true],
        ["String", "Decimal(38, 18)", false],
        ["String", "UInt64", false],
        ["UInt64", "String", false],
        ["Date", "Date32", true],
        ["DateTime('UTC')", "DateTime64(3, 'UTC')", true],
        ["DateTime64(3, 'UTC')", "DateTime64(6, 'UTC')", true],
        ["DateTime64(6, 'UTC')", "DateTime64(3, 'UTC')", false],
        ["DateTime64(3, 'UTC')", "DateTime64(3, 'Asia/Tokyo')", false],
        ["Array(UInt8)", "Array(UInt16)", true],
        [
            "Array(Tuple(price Decimal(18, 8), quantity Decimal(18, 8)))",
            "Array(Tuple(price Decimal(38, 18), quantity Decimal(18, 8)))",
            true,
        ],
        ["Tuple(a UInt8)", "Tuple(b UInt8)", false],
        ["Map(String, UInt8)", "Map(String, UInt16)", true],
    ];
    for (const [from, to, expected] of table)
        it(`${from} ${expected ? "to" : "never to"} ${to}`, () => assert.equal(widens(from, to), expected));
});

const base: TableSpec = {
    database: "d",
    name: "t",
    comment: "c",
    columns: { a: { type: "UInt32", codec: "ZSTD(1)", comment: "x" }, b: { type: "String" } },
    engine: "MergeTree",
    orderBy: ["a"],
    ttl: { column: "a", days: 30 },
    settings: { ttl_only_drop_parts: 1 },
    indexes: { i: { expression: "b", type: "minmax", granularity: 1 } },
};

describe("the way from one table to another", () => {
    const T = "ALTER TABLE `d`.`t`";
    const cases: [what: string, change: Partial<TableSpec>, statements: string[]][] = [
        ["nothing", {}, []],
        [
            "white space",
            {
                columns: {
                    a: { ...base.columns["a"], type: " UInt32", codec: "ZSTD( 1 )", comment: "x" },
                    b: { type: "String" },
                },
            },
            [],
        ],
        [
            "a column at the front",
            { columns: { z: { type: "Int8", default: "1" }, ...base.columns } },
            ["ADD COLUMN IF NOT EXISTS `z` Int8 DEFAULT 1 FIRST"],
        ],
        [
            "two columns in a row",
            { columns: { ...base.columns, c: { type: "Int8", codec: "T64", comment: "it's" }, d: { type: "Int8" } } },
            [
                "ADD COLUMN IF NOT EXISTS `c` Int8 COMMENT 'it\\'s' CODEC(T64) AFTER `b`",
                "ADD COLUMN IF NOT EXISTS `d` Int8 AFTER `c`",
            ],
        ],
        [
            "type and codec",
            { columns: { ...base.columns, a: { type: "UInt64", codec: "T64", comment: "x" } } },
            ["MODIFY COLUMN `a` UInt64 COMMENT 'x' CODEC(T64)"],
        ],
        [
            "a codec taken away",
            { columns: { ...base.columns, a: { type: "UInt32", comment: "x" } } },
            ["MODIFY COLUMN `a` REMOVE CODEC"],
        ],
        [
            "a wider type and a comment taken away",
            { columns: { ...base.columns, a: { type: "UInt64", codec: "ZSTD(1)" } } },
            ["MODIFY COLUMN `a` UInt64 CODEC(ZSTD(1))", "COMMENT COLUMN `a` ''"],
        ],
        [
            "a comment",
            { columns: { ...base.columns, b: { type: "String", comment: "y" } } },
            ["COMMENT COLUMN `b` 'y'"],
        ],
        [
            "a default",
            { columns: { ...base.columns, b: { type: "String", default: "'-'" } } },
            ["MODIFY COLUMN `b` String DEFAULT '-'"],
        ],
        [
            "the TTL",
            { ttl: { column: "a", days: 7 } },
            ["MODIFY TTL toDateTime(`a`) + toIntervalDay(7) SETTINGS materialize_ttl_after_modify = 0"],
        ],
        [
            "settings",
            { settings: { max_parts_in_total: 5 } },
            ["MODIFY SETTING max_parts_in_total = 5", "RESET SETTING ttl_only_drop_parts"],
        ],
        ["the comment", { comment: "it's" }, ["MODIFY COMMENT 'it\\'s'"]],
        [
            "an index",
            { indexes: { i: { expression: "b", type: "bloom_filter", granularity: 2 } } },
            ["DROP INDEX IF EXISTS `i`", "ADD INDEX `i` b TYPE bloom_filter GRANULARITY 2"],
        ],
    ];
    for (const [what, change, statements] of cases)
        it(what, () => {
            const { statements: found, refusals } = alterTable(base, { ...base, ...change });
            assert.deepEqual(
                found,
                statements.map((action) => `${T} ${action}`),
            );
            assert.deepEqual(refusals, []);
        });

    it("takes an index away before the column it is on, and names what goes", () => {
        const { statements, drops, refusals } = alterTable(
            base,
            { ...base, columns: { a: { type: "UInt32", codec: "ZSTD(1)", comment: "x" } }, indexes: {} },
            ["b"],
        );
        assert.deepEqual(statements, [`${T} DROP INDEX IF EXISTS \`i\``, `${T} DROP COLUMN IF EXISTS \`b\``]);
        assert.deepEqual(drops, ["b"]);
        assert.deepEqual(refusals, []);
    });

    it("refuses what would lose values or takes another table, and says what to do", () => {
        const wanted = {
            ...base,
            columns: { a: { type: "Int8", codec: "ZSTD(1)", comment: "x" } },
            orderBy: ["a", "b"],
            engine: "Log",
            partitionBy: "a",
        };
        const { statements, refusals } = alterTable(base, wanted);
        assert.deepEqual(
            refusals.map(({ what }) => what),
            [
                "engine would change from MergeTree to Log, which ClickHouse cannot do in place",
                "orderBy would change from (a) to (a, b), which ClickHouse cannot do in place",
                "partitionBy would change from none to a, which ClickHouse cannot do in place",
                "column a would change from UInt32 to Int8, which cannot hold every value",
                "column b would be dropped with its values",
            ],
        );
        assert.ok(refusals.every(({ recipe }) => recipe.includes("README")));
        assert.ok(!statements.some((statement) => statement.includes("DROP COLUMN")));
    });
});

describe("a server's spelling", () => {
    const declared = { columns: { a: { type: "Decimal(18,8)", codec: "Delta" } }, orderBy: ["a"], settings: { x: 1 } };
    const observed = {
        columns: { a: { type: "Decimal(18, 8)", codec: "Delta(8)" } },
        orderBy: ["a"],
        settings: { x: 1, y: 2 },
    };
    const forms = serverForms(declared, observed);

    it("is remembered where it is another, and is no drift", () => {
        assert.deepEqual(reconciled(declared, forms, observed), declared);
        assert.deepEqual(reconciled({ ...declared, indexes: {} }, forms, observed), { ...declared, indexes: {} });
    });

    it("shows what was really changed, added or removed, and only that", () => {
        const later = {
            columns: { a: { type: "Decimal(18, 8)", codec: "ZSTD(3)" }, b: { type: "String" } },
            settings: { y: 3 },
        };
        assert.deepEqual(reconciled(declared, forms, later), {
            columns: { a: { type: "Decimal(18,8)", codec: "ZSTD(3)" }, b: { type: "String" } },
            settings: { y: 3 },
        });
    });
});
