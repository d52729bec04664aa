// Proves, through the real CLI against a fake that answers as HyperDX 2.36.0 was observed to: one up registers the first user and makes connection, source
// and dashboards; a second one changes nothing; one changed tile updates its dashboard alone, whose tiles keep their ids; what somebody changed by hand shows
// after a refresh and is put right; nothing secret is in the state in plain text; destroy leaves nothing but the user. Does not prove: HyperDX itself.
import assert from "node:assert/strict";
import path from "node:path";
import { FakeHyperdx } from "../../support/fakes/hyperdx";
import { removeFolder, temporaryFolder } from "../../support/processes";
import { PulumiProject, repository } from "../../support/pulumi";
import { changedLines, writeProject } from "./project";

const email = "ops@example.com";
const [password, hush] = ["First-user-never-to-be-seen-1", "clickhouse-never-to-be-seen"];

const program = (url: string, query: string): string => `
import { Provider } from ${JSON.stringify(path.join(repository, "infra/resources"))};
import { HyperdxConnection, HyperdxDashboard, HyperdxSource, HyperdxTeam } from ${JSON.stringify(path.join(repository, "infra/resources/hyperdx"))};
const email = ${JSON.stringify(email)};
const provider = new Provider("trading", { hyperdx: { url: ${JSON.stringify(url)}, email, password: ${JSON.stringify(password)} } });
const team = new HyperdxTeam("team", { email }, { provider });
const login = { host: "http://clickhouse:8123", username: "reader", password: ${JSON.stringify(hush)} };
const connection = new HyperdxConnection("clickhouse", { name: "ClickHouse", ...login }, { provider, dependsOn: team });
new HyperdxSource("trades", {
    kind: "log",
    name: "user_trades",
    connection: connection.id,
    from: { databaseName: "trading", tableName: "user_trades" },
    timestampValueExpression: "event_time",
    defaultTableSelectExpression: "event_time, user_id",
}, { provider });
const tile = (name: string, x: number, sqlTemplate: string) => ({
    ...{ name, x, y: 0, w: 12, h: 8 },
    config: { configType: "sql" as const, displayType: "line" as const, connectionId: connection.id, sqlTemplate },
});
// Its password is not known before the first up, as one that is made in it.
const late = new Provider("late", { hyperdx: { url: ${JSON.stringify(url)}, email, password: team.accessKey.apply(() => ${JSON.stringify(password)}) } });
new HyperdxConnection("late", { name: "Late", ...login }, { provider: late, dependsOn: team });
for (const name of ["risk", "market"])
    new HyperdxDashboard(name, {
        name,
        tiles: { one: tile("One", 0, "SELECT 1"), two: tile("Two", 12, name === "risk" ? ${JSON.stringify(query)} : "SELECT 2") },
    }, { provider });
export const key = team.accessKey;
`;

describe("HyperDX by the real CLI", function () {
    this.timeout(240_000);
    const folder = temporaryFolder("hyperdx");
    let fake: FakeHyperdx;
    let project: PulumiProject;

    before(async () => {
        fake = await new FakeHyperdx().start();
        writeProject(folder, "hyperdx");
        project = await PulumiProject.create(folder);
        project.write("index.ts", program(fake.url, "SELECT 2"));
    });
    after(async () => {
        project.dispose();
        removeFolder(folder);
        await fake.server.stop();
    });

    const named = (
        name: string,
    ): { id: string; tiles: { id: string; name: string; config: { sqlTemplate: string } }[] } => {
        const found = [...fake.things.dashboards.values()].find((each) => each["name"] === name);
        assert.ok(found);
        return found as never;
    };
    /** What was asked that changes something, since the last call. */
    const changes = (): string[] => {
        const asked = fake.server.requests
            .splice(0)
            .filter(({ method, url }) => method !== "GET" && url.pathname.startsWith("/api/v2"));
        return asked.map(({ method, url }) => `${method} ${url.pathname}`);
    };

    it("previews what it cannot know yet", async () => {
        const { output } = await project.preview();
        assert.match(output, /\+ 9 to create/);
        assert.equal(fake.user, undefined);
    });

    it("makes everything from nothing in one up", async () => {
        await project.up();
        assert.equal(fake.user?.email, email);
        assert.equal(fake.things.connections.size, 2);
        assert.equal(fake.things.sources.size, 1);
        assert.equal(fake.things.dashboards.size, 2);
        assert.deepEqual([...fake.things.passwords.values()], [hush, hush]);
        assert.equal((await project.outputs())["key"], fake.user.accessKey);
    });

    it("changes nothing when it is run again", async () => {
        changes();
        const { output } = await project.up();
        assert.match(output, /\b9 unchanged/);
        assert.doesNotMatch(output, /updated|created|replaced/);
        assert.deepEqual(changes(), []);
    });

    it("updates nothing but the dashboard whose tile has changed, and its tiles stay the same ones", async () => {
        const before = named("risk").tiles.map(({ id }) => id);
        project.write("index.ts", program(fake.url, "SELECT 3"));
        const preview = await project.preview();
        assert.deepEqual(
            changedLines(preview.output),
            ["~ tiles: {", "~ two: {", "~ config: {", '~ sqlTemplate: "SELECT 2" => "SELECT 3"'],
            preview.output,
        );
        assert.deepEqual(changes(), ["POST /api/v2/dashboards/validate"]);
        await project.up();
        assert.deepEqual(changes(), [`PUT /api/v2/dashboards/${named("risk").id}`]);
        assert.deepEqual(
            named("risk").tiles.map(({ id }) => id),
            before,
        );
        assert.equal(named("risk").tiles[1]?.config.sqlTemplate, "SELECT 3");
    });

    it("shows what somebody changed by hand after a refresh, and puts it right", async () => {
        const { id, tiles } = named("market");
        const [one, two] = tiles;
        const changed = { name: "market", tiles: [{ ...one, name: "Mine" }, two] };
        const headers = { authorization: `Bearer ${fake.user?.accessKey ?? ""}` };
        await fetch(`${fake.url}/api/v2/dashboards/${id}`, { method: "PUT", headers, body: JSON.stringify(changed) });
        await project.refresh();
        changes();
        const { output } = await project.preview();
        assert.match(output, /~ name: "Mine" => "One"/);
        assert.match(output, /1 to update/);
        await project.up();
        assert.deepEqual(
            changes().filter((each) => each.startsWith("PUT")),
            [`PUT /api/v2/dashboards/${id}`],
        );
        assert.deepEqual(
            named("market").tiles.map((each) => [each.id, each.name]),
            tiles.map((each) => [each.id, each.name]),
        );
    });

    it("makes again what somebody has deleted", async () => {
        fake.things.dashboards.delete(named("market").id);
        await project.refresh();
        await project.up();
        assert.equal(named("market").tiles.length, 2);
        const { output } = await project.up();
        assert.match(output, /\b9 unchanged/);
    });

    it("has nothing secret in its state in plain text", async () => {
        const { output } = await project.run(["stack", "export", "--stack", project.stack]);
        for (const secret of [password, hush, fake.user?.accessKey ?? "", fake.user?.ingestionKey ?? ""])
            assert.ok(secret !== "" && !output.includes(secret));
    });

    it("leaves the state as it was while HyperDX is away, and says so once a provider", async () => {
        const port = Number(new URL(fake.url).port);
        await fake.server.stop();
        const { output } = await project.refresh();
        const [, diagnostics = ""] = output.split("Diagnostics:");
        // Once by each of the two providers.
        assert.equal(diagnostics.split("HyperDX at").length - 1, 2, output);
        assert.match(diagnostics, /cannot be reached: .*; nothing is read from it, the state is left as it was/);
        const { user, things } = fake;
        fake = await new FakeHyperdx().start(port);
        fake.user = user;
        for (const kept of ["connections", "sources", "dashboards"] as const)
            for (const [id, thing] of things[kept]) fake.things[kept].set(id, thing);
        assert.match((await project.up()).output, /\b9 unchanged/);
    });

    it("leaves nothing but the first user", async () => {
        const { output } = await project.destroy();
        assert.deepEqual(
            [fake.things.connections.size, fake.things.sources.size, fake.things.dashboards.size],
            [0, 0, 0],
        );
        assert.match(output, /HyperDX keeps its first user and team/);
        assert.equal(fake.user?.email, email);
    });
});
