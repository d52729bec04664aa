// Proves: the host sees where a statement's clauses are, whatever stands in strings, comments and data, and rewrites nothing else. Does not
// prove: that the engine accepts the result (the engine suites do).
import assert from "node:assert/strict";
import fc from "fast-check";
import { quote, readStatement, replaceLiterals } from "../../../infra/embedded/clickhouse-host/statement";
import { tokens } from "../../../infra/embedded/clickhouse-host/tokens";

const rewritten = (sql: string): string => {
    const statement = readStatement(sql);
    switch (statement.kind) {
        case "select":
            return statement.toPipe("/p", statement.format ?? "TSV");
        case "insertData":
            return `${statement.fromPipe("/p").replace(/\s+/g, " ")}|${sql.slice(statement.dataStart)}`;
        default:
            return statement.sql;
    }
};

describe("ClickHouse host: reading statements", () => {
    const SELECTS: [sql: string, expected: string][] = [
        ["SELECT 1", "SELECT 1 INTO OUTFILE '/p' APPEND FORMAT TSV"],
        ["SELECT 1 format JSON", "SELECT 1  INTO OUTFILE '/p' APPEND FORMAT JSON"],
        [
            "SELECT 1 FORMAT CSV SETTINGS max_threads = 1;",
            "SELECT 1  INTO OUTFILE '/p' APPEND FORMAT CSV SETTINGS max_threads = 1",
        ],
        ["SELECT 1 SETTINGS max_threads = 1", "SELECT 1 SETTINGS max_threads = 1 INTO OUTFILE '/p' APPEND FORMAT TSV"],
        [
            "(SELECT 1) UNION ALL (SELECT 2) -- end",
            "(SELECT 1) UNION ALL (SELECT 2) INTO OUTFILE '/p' APPEND FORMAT TSV",
        ],
        ["WITH 1 AS x SELECT x", "WITH 1 AS x SELECT x INTO OUTFILE '/p' APPEND FORMAT TSV"],
        ["FROM t SELECT a", "FROM t SELECT a INTO OUTFILE '/p' APPEND FORMAT TSV"],
        ["SELECT format FROM t", "SELECT format FROM t INTO OUTFILE '/p' APPEND FORMAT TSV"],
        ["SELECT a AS format", "SELECT a AS format INTO OUTFILE '/p' APPEND FORMAT TSV"],
        ["SELECT 'FORMAT JSON'", "SELECT 'FORMAT JSON' INTO OUTFILE '/p' APPEND FORMAT TSV"],
        ["SELECT $$ ; FORMAT X $$", "SELECT $$ ; FORMAT X $$ INTO OUTFILE '/p' APPEND FORMAT TSV"],
        [
            "SELECT 'it''s; \\'', `a;b`, \"c;d\"",
            "SELECT 'it''s; \\'', `a;b`, \"c;d\" INTO OUTFILE '/p' APPEND FORMAT TSV",
        ],
    ];
    for (const [sql, expected] of SELECTS) {
        it(sql, () => assert.equal(rewritten(sql), expected));
    }

    const INSERTS: [sql: string, expected: string][] = [
        [
            'INSERT INTO t FORMAT JSONEachRow {"a":1}',
            `INSERT INTO t FROM INFILE '/p' COMPRESSION 'none' FORMAT JSONEachRow|{"a":1}`,
        ],
        ["INSERT INTO t FORMAT CSV\r\n1,2", "INSERT INTO t FROM INFILE '/p' COMPRESSION 'none' FORMAT CSV|1,2"],
        [
            "INSERT INTO t FORMAT RowBinary \n\n\x00'",
            "INSERT INTO t FROM INFILE '/p' COMPRESSION 'none' FORMAT RowBinary|\n\x00'",
        ],
        [
            "insert into db.`t x` (a, `b`) values (1,'x;')",
            "insert into db.`t x` (a, `b`) FROM INFILE '/p' COMPRESSION 'none' FORMAT Values| (1,'x;')",
        ],
        [
            "INSERT INTO t SETTINGS a = 1, b = 'x' FORMAT TSV\n1",
            "INSERT INTO t FROM INFILE '/p' COMPRESSION 'none' SETTINGS a = 1, b = 'x' FORMAT TSV|1",
        ],
        [
            "INSERT INTO TABLE FUNCTION null('a Int8') FORMAT TSV\n1",
            "INSERT INTO TABLE FUNCTION null('a Int8') FROM INFILE '/p' COMPRESSION 'none' FORMAT TSV|1",
        ],
        [
            "INSERT INTO format (values) VALUES (1)",
            "INSERT INTO format (values) FROM INFILE '/p' COMPRESSION 'none' FORMAT Values| (1)",
        ],
        [
            "INSERT INTO {t:Identifier} VALUES (1)",
            "INSERT INTO {t:Identifier} FROM INFILE '/p' COMPRESSION 'none' FORMAT Values| (1)",
        ],
        [
            "INSERT INTO t SELECT a FROM input('a Int8, b String') WHERE a FORMAT CSV\n1,'",
            "INSERT INTO t SELECT a FROM file('/p', 'CSV', 'a Int8, b String') WHERE a |1,'",
        ],
    ];
    for (const [sql, expected] of INSERTS) {
        it(JSON.stringify(sql), () => assert.equal(rewritten(sql), expected));
    }

    it("INSERT … SELECT is a write, with or without brackets and WITH", () => {
        for (const sql of [
            "INSERT INTO t SELECT 1",
            "INSERT INTO t (a) SELECT 1",
            "INSERT INTO t WITH 1 AS x SELECT x",
            "INSERT INTO t (SELECT 1)",
        ]) {
            assert.equal(readStatement(sql).kind, "write", sql);
        }
    });

    it("everything else is left as it is, its semicolon and comments cut", () => {
        for (const sql of [
            "SHOW TABLES",
            "CREATE VIEW v AS SELECT {n:UInt8}",
            "ALTER TABLE t DELETE WHERE a = ';'",
            "SET a = 1",
        ]) {
            const statement = readStatement(`/* x */ ${sql} ; -- y`);
            assert.equal(statement.kind, "other");
            assert.equal(rewritten(`${sql};`), sql);
        }
        const statement = readStatement("EXISTS TABLE t FORMAT JSON");
        assert.equal(statement.kind === "other" && statement.format, "JSON");
    });

    it("refuses what the server refuses", () => {
        assert.throws(() => readStatement("  "), { code: 62 });
        assert.throws(() => readStatement("SELECT 1; SELECT 2"), { code: 62 });
        assert.throws(() => readStatement("SELECT 1 INTO OUTFILE 'x'"), { code: 358 });
        assert.throws(() => readStatement("INSERT INTO t FROM INFILE 'x'"), { code: 78 });
        assert.throws(() => readStatement("INSERT INTO t FORMAT CSV; 1"), { code: 62 });
    });

    it("any text, quoted, is one token and comes back by its literal", () => {
        fc.assert(
            fc.property(fc.string({ unit: "binary" }), (text) => {
                const sql = `SELECT ${quote(text)} ; `;
                const all = [...tokens(sql)];
                assert.deepEqual(
                    all.map(({ kind }) => kind),
                    ["word", "string", "punctuation"],
                );
                const seen: string[] = [];
                replaceLiterals(sql, (literal) => {
                    seen.push(literal);
                    return undefined;
                });
                assert.deepEqual(seen, [text]);
            }),
        );
    });

    it("never fails otherwise, whatever the bytes", () => {
        fc.assert(
            fc.property(fc.string({ unit: "binary" }), (text) => {
                for (const sql of [text, `SELECT ${text}`, `INSERT INTO ${text}`, `INSERT INTO t VALUES ${text}`]) {
                    try {
                        readStatement(sql);
                    } catch (thrown) {
                        assert.equal((thrown as Error).name, "ClickHouseException");
                    }
                }
            }),
        );
    });
});
