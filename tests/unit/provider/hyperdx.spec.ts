// Proves, against a fake that answers as HyperDX 2.36.0 was observed to: the first user is registered once and found again; connections, sources and
// dashboards are made, changed in place, read back as declared, and deleted; tiles keep their ids; what people changed by hand shows; the limit is waited for;
// refusals of every form become one sentence without secrets; what would be refused is said at preview. Does not prove: HyperDX itself.
import assert from "node:assert/strict";
import { problemsOf } from "../../../infra/provider/checks";
import { type Changes, omit, pathText } from "../../../infra/provider/changes";
import { Rejected, Unreachable } from "../../../infra/provider/clients";
import { HyperdxService } from "../../../infra/provider/clients/hyperdx";
import { connection } from "../../../infra/provider/hyperdx/connection";
import { dashboard, type DashboardInputs } from "../../../infra/provider/hyperdx/dashboard";
import { type LogSource, source } from "../../../infra/provider/hyperdx/source";
import { team } from "../../../infra/provider/hyperdx/team";
import { type Context, type Kind, type State } from "../../../infra/provider/kind";
import { type Properties } from "../../../infra/provider/wire";
import { FakeHyperdx } from "../../support/fakes/hyperdx";
import { contextOf } from "./fakes";

const email = "ops@example.com";
const password = "Correct-horse-1";
/** A dashboard as the fake has it. */
interface Live {
    name: string;
    tiles: { id: string; config: object }[];
}

const shown = ({ changes }: Changes): string[] => changes.map(({ path, kind }) => `${kind} ${pathText(path)}`);

describe("HyperDX", () => {
    let fake: FakeHyperdx;
    let context: Context & { said: string[] };

    /** A run of the provider of its own: nothing is known from the one before. */
    const run = (login = { email, password }): Context & { said: string[] } =>
        contextOf({ hyperdx: new HyperdxService({ url: fake.url, ...login }).with({ seconds: 0 }) });

    beforeEach(async () => {
        fake = await new FakeHyperdx().start();
        context = run();
    });
    afterEach(() => fake.server.stop());

    /** Makes a thing; gives its state. */
    async function made<I extends object>(kind: Kind<I>, inputs: I): Promise<State<I>> {
        const { id, outputs } = await kind.create(context, inputs);
        // As the engine keeps it: through JSON, without what is undefined.
        return JSON.parse(JSON.stringify({ id, inputs, outputs })) as State<I>;
    }
    const drift = async <I extends object>(kind: Kind<I>, state: State<I>): Promise<string[]> => {
        const found = await kind.read(run(), state.id, state);
        assert.ok(found !== undefined);
        return shown(await kind.diff(context, { ...state, inputs: found.inputs }, state.inputs));
    };
    const byHand = async (method: string, path: string, body?: object): Promise<Response> =>
        fetch(`${fake.url}/api/v2${path}`, {
            method,
            headers: { authorization: `Bearer ${fake.user?.accessKey ?? ""}` },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });

    describe("team", () => {
        it("registers the first user, finds him again, and says what his keys are in secret", async () => {
            const first = await made(team, { email });
            assert.equal(fake.user?.email, email);
            assert.equal(first.outputs["accessKey"], fake.user.accessKey);
            assert.deepEqual(team.secretOutputs, [["accessKey"], ["ingestionKey"]]);
            context = run();
            assert.equal((await made(team, { email })).id, first.id);
            assert.equal(fake.server.asked("/register/password").length, 1);
        });

        it("sees a key that was changed, and another HyperDX as one where nothing is", async () => {
            const state = await made(team, { email });
            assert.ok(fake.user);
            fake.user.accessKey = "another";
            const found = await team.read(run(), state.id, state);
            assert.equal((found?.outputs as Properties)["accessKey"], "another");
            fake.user = undefined;
            assert.equal(await team.read(run(), state.id, state), undefined);
        });

        it("takes a login that leads back to the login for refused, though it comes with a cookie", async () => {
            await made(team, { email });
            context = run({ email, password: "Wrong-horse-22" });
            await assert.rejects(made(team, { email }), (error: Error) => {
                assert.match(
                    error.message,
                    /refused the login of ops@example.com; its first user was registered with another/,
                );
                return !error.message.includes("Wrong-horse-22");
            });
        });

        it("says why a password is not good enough", async () => {
            context = run({ email, password: "short" });
            await assert.rejects(
                made(team, { email }),
                /refused to register ops@example.com: Password must have at least 12 characters; Password must include/,
            );
        });

        it("counts a HyperDX that waits for MongoDB as not there yet", async () => {
            fake.ready = false;
            await assert.rejects(made(team, { email }), Unreachable);
        });

        it("stays when its resource goes, and says so", async () => {
            const state = await made(team, { email });
            await team.delete(context, state);
            assert.match(context.said.join(), /keeps its first user and team: they go with MongoDB's volume/);
        });
    });

    const wanted = { name: "ClickHouse", host: "http://clickhouse:8123", username: "reader", password: "Hush-hush" };

    describe("connection", () => {
        beforeEach(() => made(team, { email }));

        it("is made, changed in place, shows drift in all but its password, and goes", async () => {
            const state = await made(connection, wanted);
            assert.equal(fake.things.passwords.get(state.id), "Hush-hush");
            assert.deepEqual(await drift(connection, state), []);
            await connection.update(context, state, { ...wanted, host: "http://other:8123" });
            assert.deepEqual(await drift(connection, state), ["update host"]);
            await connection.update(context, state, omit(wanted, "password"));
            assert.equal(fake.things.passwords.get(state.id), "");
            await connection.delete(context, state);
            await connection.delete(context, state);
            assert.equal(await connection.read(run(), state.id, state), undefined);
        });

        it("takes over the one of its name, and does not choose among several", async () => {
            const { id } = await made(connection, wanted);
            context = run();
            assert.equal((await made(connection, { ...wanted, username: "other" })).id, id);
            assert.equal(fake.things.connections.get(id)?.["username"], "other");
            await byHand("POST", "/connections", wanted);
            context = run();
            await assert.rejects(made(connection, wanted), /connection ClickHouse: there are 2 of this name/);
        });

        it("refuses at preview what the server would take: an address that is none", () => {
            assert.deepEqual(problemsOf(connection.shape, { ...wanted, host: "not a url", usernme: "x" }), [
                "host: must be an http:// or https:// address",
                "usernme: is no property here; remove it, or check its spelling",
            ]);
        });

        it("keeps its password out of what is said", async () => {
            // Whoever has logged in asks for nothing else before it.
            await context.clients.hyperdx.account();
            fake.server.fail({
                ...{ kind: "status", status: 400, headers: { "content-type": "application/json" } },
                body: JSON.stringify({ message: "Body validation failed: password: Hush-hush is too short" }),
            });
            const state = { id: "0".repeat(24), inputs: wanted, outputs: {} };
            await assert.rejects(
                connection.update(context, state, wanted),
                /refused \/connections\/0+: Body validation failed: password: \[secret\] is too short/,
            );
        });

        it("without a user: nothing is there, and nothing can be made", async () => {
            fake.user = undefined;
            context = run();
            assert.equal(await connection.read(context, "0".repeat(24), undefined), undefined);
            await assert.rejects(made(connection, wanted), /HyperDX has no user yet; make this resource depend on/);
        });
    });

    const log = (connectionId: string): LogSource => ({
        ...{ kind: "log", name: "user_trades", connection: connectionId, timestampValueExpression: "event_time" },
        from: { databaseName: "trading", tableName: "user_trades" },
        defaultTableSelectExpression: "event_time, user_id",
        section: "Facts",
    });

    describe("source", () => {
        beforeEach(() => made(team, { email }));

        it("does not take the server's defaults for drift, and what people changed for it", async () => {
            const { id } = await made(connection, wanted);
            const state = await made(source, log(id));
            assert.deepEqual(await drift(source, state), []);
            const changed = { ...omit(log(id), "section"), defaultTableSelectExpression: "event_time" };
            await byHand("PUT", `/sources/${state.id}`, changed);
            assert.deepEqual(await drift(source, state), ["update defaultTableSelectExpression", "add section"]);
            await source.update(context, state, state.inputs);
            assert.deepEqual(await drift(source, state), []);
        });

        it("says what HyperDX says, and is gone when it is gone", async () => {
            await assert.rejects(
                made(source, log("f".repeat(24))),
                /refused \/sources: connection must be an existing connection id/,
            );
            const { id } = await made(connection, wanted);
            const state = await made(source, log(id));
            await source.delete(context, state);
            assert.equal(await source.read(run(), state.id, state), undefined);
            await assert.rejects(
                source.update(context, state, state.inputs),
                /has no \/sources\/\w+ any more; run pulumi refresh/,
            );
        });
    });

    describe("dashboard", () => {
        let inputs: DashboardInputs;
        beforeEach(async () => {
            await made(team, { email });
            const { id: connectionId } = await made(connection, wanted);
            const { id: sourceId } = await made(source, log(connectionId));
            const config = { configType: "sql", displayType: "line", connectionId, sqlTemplate: "SELECT 1" } as const;
            inputs = {
                name: "User risk",
                tags: ["trading"],
                tiles: {
                    score: { name: "Score", x: 0, y: 0, w: 12, h: 8, config },
                    alerts: { name: "Alerts", x: 0, y: 8, w: 24, h: 8, config: { ...config, displayType: "table" } },
                },
                filters: { user: { name: "User", expression: "user_id", sourceId, variableName: "user" } },
            };
        });
        const tile = (key: string): NonNullable<DashboardInputs["tiles"][string]> => {
            const found = inputs.tiles[key];
            assert.ok(found);
            return found;
        };
        const idsOf = ({ outputs }: { outputs: object }): Record<string, string> =>
            (outputs as { tileIds: Record<string, string> }).tileIds;

        it("is read back as it was declared, whatever the server adds", async () => {
            const state = await made(dashboard, inputs);
            assert.deepEqual(Object.keys(idsOf(state)).sort(), ["alerts", "score"]);
            assert.deepEqual(await drift(dashboard, state), []);
        });

        it("keeps the ids of tiles that are renamed, moved and reordered, and of filters", async () => {
            const state = await made(dashboard, inputs);
            const moved = {
                ...inputs,
                tiles: {
                    alerts: { ...tile("alerts"), name: "All alerts", y: 0 },
                    score: { ...tile("score"), y: 8 },
                    added: { ...tile("score"), name: "Added", x: 12, y: 8 },
                },
            };
            const outputs = await dashboard.update(context, state, moved);
            const ids = idsOf({ outputs });
            assert.deepEqual([ids["score"], ids["alerts"]], [idsOf(state)["score"], idsOf(state)["alerts"]]);
            assert.ok(ids["added"] !== undefined && !Object.values(idsOf(state)).includes(ids["added"]));
            const after = JSON.parse(
                JSON.stringify({ id: state.id, inputs: moved, outputs }),
            ) as State<DashboardInputs>;
            assert.deepEqual(after.outputs["filterIds"], state.outputs["filterIds"]);
            assert.deepEqual(await drift(dashboard, after), []);
        });

        it("shows what people changed: a query, a default, a tile more, a tile less, a container", async () => {
            const state = await made(dashboard, inputs);
            const live = fake.things.dashboards.get(state.id) as unknown as Live;
            const [score] = live.tiles;
            assert.ok(score);
            const changed = { ...score, config: { ...score.config, sqlTemplate: "SELECT 2", fillNulls: false } };
            const added = { ...tile("score"), name: "Mine" };
            await byHand("PUT", `/dashboards/${state.id}`, {
                name: live.name,
                tiles: [changed, added],
                containers: [{ id: "c" }],
            });
            const mine = (fake.things.dashboards.get(state.id) as unknown as Live).tiles[1]?.id ?? "";
            const seen = await drift(dashboard, state);
            assert.ok(seen.includes("update tiles.score.config.sqlTemplate"), String(seen));
            assert.ok(seen.includes("delete tiles.score.config.fillNulls"), String(seen));
            assert.ok(seen.includes("add tiles.alerts"), String(seen));
            assert.ok(seen.includes(`delete tiles["${mine}"]`), String(seen));
            assert.ok(seen.includes("delete containers"), String(seen));
            const found = await dashboard.read(run(), state.id, state);
            assert.ok(found);
            const outputs = await dashboard.update(context, { ...state, outputs: found.outputs as Properties }, inputs);
            assert.equal(idsOf({ outputs })["score"], idsOf(state)["score"]);
            const healed = JSON.parse(JSON.stringify({ ...state, outputs })) as State<DashboardInputs>;
            assert.deepEqual(await drift(dashboard, healed), []);
        });

        it("says at preview what HyperDX would refuse, and what it would take and should not", async () => {
            const other = "e".repeat(24);
            const config = { ...tile("score").config, connectionId: other };
            const broken = { ...inputs, tiles: { score: { ...tile("score"), config } } } as DashboardInputs;
            await assert.rejects(
                async () => dashboard.rehearse?.(context, broken),
                /dashboard User risk: HyperDX would refuse it: Could not find the following connection IDs: e{24}/,
            );
            await dashboard.rehearse?.(context, inputs);
            const tiles = {
                one: { ...tile("score"), x: 14 },
                two: { ...tile("score"), x: 12, w: 6 },
                three: { ...tile("score"), name: "Other", y: 20, titel: "x" },
            };
            assert.deepEqual(problemsOf(dashboard.shape, { ...inputs, tiles } as unknown as Properties), [
                "tiles.three.titel: is no property here; remove it, or check its spelling",
                "tiles.one: ends in column 26 of 24; make it narrower",
                "tiles.two: overlaps one; move one of them",
                "tiles.two: has the name of one; nobody could tell them apart",
            ]);
        });

        it("goes twice without an error", async () => {
            const state = await made(dashboard, inputs);
            await dashboard.delete(context, state);
            await dashboard.delete(context, state);
            assert.equal(await dashboard.read(run(), state.id, state), undefined);
            await assert.rejects(async () => dashboard.read(run(), state.id, undefined), /is not to be imported/);
        });
    });

    describe("client", () => {
        beforeEach(() => made(team, { email }));

        it("waits for the rest of the window when the limit is used up, and not for the minute it names", async () => {
            fake.limit = { requests: 5, windowMs: 900 };
            context = run();
            const names = Array.from({ length: 12 }, (_, index) => ({ ...wanted, name: `c${String(index)}` }));
            await Promise.all(names.map((each) => connection.create(context, each)));
            assert.equal(fake.things.connections.size, 12);
            assert.ok(fake.limited > 0);
            assert.equal(
                fake.server.asked("/api/v2/connections").filter(({ method }) => method === "GET").length <= 2,
                true,
            );
        });

        it("logs in again when its key was changed meanwhile", async () => {
            assert.ok(fake.user);
            fake.user.accessKey = "rotated";
            const { id } = await made(connection, wanted);
            assert.ok(fake.things.connections.has(id));
        });

        it("does not make a thing twice when the answer to the first time was lost", async () => {
            context = contextOf({
                hyperdx: new HyperdxService({ url: fake.url, email, password }).with({ seconds: 10 }),
            });
            await context.clients.hyperdx.list("/connections");
            fake.server.fail({ kind: "reset" });
            await assert.rejects(
                connection.create(context, wanted),
                /may have made it all the same .*; run pulumi up again/,
            );
            context = run();
            const { id } = await made(connection, wanted);
            assert.deepEqual([...fake.things.connections.keys()], [id]);
        });

        it("says that it was given the pages instead of the API", async () => {
            fake.server.on("/ready", () => ({ headers: { "content-type": "text/html" }, body: "<html>pages</html>" }));
            fake.server.on("/installation", () => ({
                headers: { "content-type": "text/html" },
                body: "<html>pages</html>",
            }));
            await assert.rejects(run().clients.hyperdx.account(), (error: Error) => {
                assert.ok(error instanceof Rejected);
                return /refused \/installation: its answer is no JSON .*; is hyperdxUrl the API, not the pages\?/.test(
                    error.message,
                );
            });
        });
    });
});
