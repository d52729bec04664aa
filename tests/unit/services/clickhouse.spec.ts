// Proves: the accounts' file names every account once, each statement in it grants to nobody by name and on this stack's places alone, no account but the provider's
// may change a definition, and what marks personal data is what the catalogue marks. Does not prove: that the server takes it, which tests/engine/services/accounts does.
import assert from "node:assert/strict";
import { accounts, workerAccounts } from "../../../infra/services/clickhouse/accounts";
import { openColumns, stackDatabases, stackTables, telemetryDatabase } from "../../../infra/services/clickhouse/tables";
import { usersXml } from "../../../infra/services/clickhouse/users";
import { workers } from "../../../infra/pipeline/workers";
import { catalogue } from "../../../schema";

const xml = usersXml((account) => `hash-of-${account}`);

describe("ClickHouse's accounts", () => {
    it("are each there once, with their own hash, and the server's own account is not", () => {
        const hashes = [...xml.matchAll(/<password_sha256_hex>([^<]*)</g)].map(([, hash]) => hash);
        assert.deepEqual(
            hashes,
            accounts.map(({ name }) => `hash-of-${name}`),
        );
        assert.equal(new Set(hashes).size, accounts.length);
        assert.ok(xml.includes('<default remove="remove"/>'));
    });

    it("are granted something of this stack, by statements without a grantee", () => {
        const databases = [...stackDatabases, telemetryDatabase, "system"];
        for (const { name, grants } of accounts)
            for (const grant of grants) {
                const place = /^GRANT [A-Z ,]+(?:\([\w, ]+\))? ON (\S+)$/.exec(grant)?.[1] ?? "";
                const [database = ""] = place.split(".");
                assert.ok(databases.includes(database) || name === "trading", `${name}: ${grant}`);
            }
    });

    it("may write only where they say, and define only the provider and the collector in its own database", () => {
        for (const { name, profile, grants } of accounts) {
            const defining = grants.filter((grant) => /CREATE|ALTER|DROP|TRUNCATE|ADMIN/.test(grant));
            assert.equal(defining.length > 0, ["trading", "telemetry"].includes(name), name);
            assert.equal(profile === "default", ["trading", "telemetry"].includes(name), name);
            if (profile === "reading")
                assert.ok(
                    grants.every((grant) => grant.startsWith("GRANT SELECT")),
                    name,
                );
        }
    });

    it("are one for each worker that is told where ClickHouse is", () => {
        const known = workers.map(({ name }) => name);
        for (const worker of Object.keys(workerAccounts)) assert.ok(known.includes(worker), worker);
        assert.equal(new Set(Object.values(workerAccounts)).size, Object.keys(workerAccounts).length);
    });

    it("know as personal what the catalogue marks", () => {
        const marked = catalogue.flatMap(({ name, columns }) =>
            Object.entries(columns).flatMap(([column, { personal }]) => (personal ? [`${name}.${column}`] : [])),
        );
        const hidden = stackTables
            .filter(({ name }) => catalogue.some((declaration) => declaration.name === name))
            .flatMap((table) =>
                Object.keys(table.columns)
                    .filter((column) => !openColumns(table).includes(column))
                    .map((column) => `${table.name}.${column}`),
            );
        assert.ok(marked.length > 20);
        assert.deepEqual(hidden.sort(), marked.sort());
    });
});
