// Proves, through the real CLI and the real engine: `up` makes the tables of all rollups, a refresh and a second preview find nothing to change, and
// `destroy` takes them away again. Does not prove: their order among the rest of the program (the preview of the dev stack shows it).
import assert from "node:assert/strict";
import path from "node:path";
import { rollups, rollupsDatabase } from "../../../schema/rollups";
import { useClickHouseHost } from "../../support/clickhouse";
import { removeFolder, temporaryFolder } from "../../support/processes";
import { PulumiProject } from "../../support/pulumi";
import { writeProject } from "../provider/project";
import { Warehouse } from "./support";

describe("resources of rollups", function () {
    this.timeout(300_000);
    const host = useClickHouseHost();
    const folder = temporaryFolder("rollups");
    let project: PulumiProject;

    before(async () => {
        // Facts, which the reading views do not need but the rollups do; the rollups' own tables are Pulumi's.
        await new Warehouse(host.client).create();
        await host.client.command({ query: `DROP DATABASE ${rollupsDatabase} SYNC` });
        for (const { name } of rollups) await host.client.command({ query: `DROP VIEW trading.${name} SYNC` });
        writeProject(folder, "rollups");
        project = await PulumiProject.create(folder, { env: { ROLLUPS_CLICKHOUSE_URL: host.url } });
        project.write("index.ts", `import ${JSON.stringify(path.join(__dirname, "program"))};\n`);
    });
    after(() => {
        project.dispose();
        removeFolder(folder);
    });

    const tables = async (): Promise<string[]> => {
        const query = `SELECT name FROM system.tables WHERE database = '${rollupsDatabase}' ORDER BY name`;
        const result = await host.client.query({ query, format: "JSONEachRow" });
        return (await result.json<{ name: string }>()).map(({ name }) => name);
    };

    it("are made once, and are then as declared", async () => {
        await project.up();
        assert.deepEqual(await tables(), [...rollups.map(({ name }) => name), "progress"].sort());
        const { output } = await project.run(["preview", "--refresh", "--diff", "--stack", project.stack]);
        assert.match(output, /Resources:\n +\d+ unchanged\n/, output);
    });

    it("go with the stack", async () => {
        await project.destroy();
        assert.deepEqual(await tables(), []);
    });
});
