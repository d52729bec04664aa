// Proves, on the real engine: scores are within 0 and 100, rise with each component, and what is missing is neither 0 nor 100 but said; profiles, user
// and token risk are the same however days and alerts arrive (shuffled, twice, late) as computed at once; an alert decays, floors hold as long as they
// say, and shadow, exempt and summary alerts count for nothing. Does not prove: that a score finds who is bad; its weights are uncalibrated.
import assert from "node:assert/strict";
import fc from "fast-check";
import { Refresher } from "../../../functions/evaluator/rollups/refresh";
import { type Components, contributions, coverage, sumOfContributions } from "../../../schema/scores/formula";
import { tokenComponents } from "../../../schema/scores/tokenRisk";
import { halfLifeDays, userComponents } from "../../../schema/scores/userRisk";
import { useClickHouseHost } from "../../support/clickhouse";
import { declared, type Row, settle, Warehouse } from "../rollups/support";

const scores = ["user_profiles", "user_risk", "token_risk"];
const first = Date.UTC(2026, 9, 1);
const dayOf = (day: number): string => new Date(first + day * 86_400_000).toISOString().slice(0, 10);

/** A row of a table, to be stored. */
interface Arrival {
    readonly table: string;
    readonly row: Row;
}

const userDay = (user: string, day: number, row: Row = {}): Arrival => ({
    table: "rollups.user_days",
    row: { run: "r", user_id: user, day: dayOf(day), active_minutes: 1, ...row },
});
const alert = (id: string, user: string, day: number, row: Row = {}): Arrival => ({
    table: "detection.alerts",
    row: {
        ...{ alert_id: id, kind: "alert", rule: "new_ip_withdrawal", rule_version: 1, run: "r", entity_kind: "user" },
        ...{ entity_id: user, event_time: `${dayOf(day)} 12:00:00`, severity: "high", mode: "active", ...row },
    },
});
const tokenDay = (token: string, day: number, row: Row = {}): Arrival => ({
    table: "rollups.token_days",
    row: { run: "r", symbol: `${token}-USDT`, token, day: dayOf(day), base_volume: "10", trades: 3, ...row },
});
const posts = (token: string, day: number, scored: number, negative: number): Arrival => ({
    table: "rollups.post_minutes",
    row: {
        ...{ run: "r", minute: `${dayOf(day)} 10:00:00`, token, source_class: "news" },
        ...{ posts: scored, scored_posts: scored, negative_posts: negative },
    },
});

describe("scores", function () {
    this.timeout(300_000);
    const host = useClickHouseHost();
    let warehouse: Warehouse;
    before(async () => {
        warehouse = new Warehouse(host.client);
        await warehouse.create();
    });
    beforeEach(() => warehouse.empty());

    const made = (): Refresher[] =>
        scores.map((name) => new Refresher(host.client, { ...declared(name), everySeconds: 0 }));

    /** Stores rows as they are computed or raised now. */
    async function store(arrivals: readonly Arrival[]): Promise<void> {
        for (const [table, own] of Map.groupBy(arrivals, (each) => each.table)) {
            const now = new Date().toISOString().replace("T", " ").replace("Z", "");
            const stamp = table === "detection.alerts" ? { raised_at: now, version: "1" } : { refreshed_at: now };
            const values = own.map(({ row }) => ({ ...row, ...stamp }));
            const clickhouse_settings = { async_insert: 0 as const };
            await host.client.insert({ table, values, format: "JSONEachRow", clickhouse_settings });
        }
    }
    const all = async (): Promise<Row[][]> => Promise.all(scores.map((name) => warehouse.rows(name)));
    async function computed(arrivals: readonly Arrival[]): Promise<Row[][]> {
        await store(arrivals);
        await settle(made());
        return all();
    }
    const query = async <T>(sql: string): Promise<T[]> =>
        (await host.client.query({ query: sql, format: "JSONEachRow" })).json<T>();

    /** The score of each row of components, by the formula's own SQL. */
    async function formula(components: Components, rows: readonly (number | null)[][]): Promise<(number | null)[]> {
        const literal = (value: number | null): string => (value === null ? "NULL" : String(value));
        const names = Object.keys(components);
        const tuples = rows.map((row, index) => `(${[index, ...row.map(literal)].join(", ")})`).join(", ");
        const types = names.map((name) => `${name} Nullable(Float64)`).join(", ");
        const found = await query<{ score: number | null }>(
            `SELECT ${coverage(components)} AS coverage, ${contributions(components)} AS known,\n` +
                `if(coverage = 0, NULL, ${sumOfContributions}) AS score FROM values('n UInt32, ${types}', ${tuples}) ORDER BY n`,
        );
        return found.map(({ score }) => score);
    }

    for (const [name, components] of Object.entries({ user: userComponents, token: tokenComponents })) {
        const each = Object.values(components);
        it(`of a ${name} are between 0 and 100, rise with every component, and ignore what is missing`, async () => {
            const value = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true, noDefaultInfinity: true }), { freq: 4 });
            const row = fc.tuple(...each.map(() => value));
            const more = fc.record({
                row,
                at: fc.nat(each.length - 1),
                by: fc.double({ min: 0, max: 1e5, noNaN: true }),
            });
            await fc.assert(
                fc.asyncProperty(fc.array(more, { minLength: 50, maxLength: 50 }), async (cases) => {
                    const before = await formula(
                        components,
                        cases.map((one) => one.row),
                    );
                    const raised = cases.map(({ row: own, at, by }) =>
                        own.map((x, index) => (index === at && x !== null ? x + by : x)),
                    );
                    const after = await formula(components, raised);
                    for (const [index, { row: own, at }] of cases.entries()) {
                        const [low, high] = [before[index] ?? null, after[index] ?? null];
                        assert.equal(
                            low === null,
                            own.every((x) => x === null),
                        );
                        if (low === null || high === null) continue;
                        assert.ok(low >= 0 && low <= 100, `${String(low)} of ${JSON.stringify(own)}`);
                        const change = each.at(at)?.fewer ? low - high : high - low;
                        // Contributions are rounded to a millionth each.
                        assert.ok(change >= -1e-5, `${String(low)} to ${String(high)} of ${JSON.stringify(own)}`);
                    }
                }),
                { numRuns: 15 },
            );
        });
    }

    it("of users decay, are held up by floors, and take only alerts that were meant for people", async () => {
        const days = [0, halfLifeDays - 1, halfLifeDays, 59, 60];
        const users = ["bad", "severe", "shadow", "exempt", "summary"];
        const [, rows] = await computed([
            ...users.flatMap((user) => days.map((day) => userDay(user, day))),
            alert("a", "bad", 0),
            alert("b", "severe", 0, { severity: "critical" }),
            alert("c", "shadow", 0, { mode: "shadow" }),
            alert("d", "exempt", 0, { exemption: "market maker" }),
            alert("e", "summary", 0, { kind: "summary" }),
        ]);
        const of = (user: string): Row[] => (rows ?? []).filter((row) => row["user_id"] === user);
        assert.deepEqual(
            of("bad").map((row) => [0, 2, 3, 4].includes(of("bad").indexOf(row)) && Number(row["takeover"]).toFixed(4)),
            ["25.0000", false, "12.5000", (25 * 0.5 ** (59 / halfLifeDays)).toFixed(4), "0.0000"],
        );
        assert.deepEqual(
            of("severe").map((row) => row["floor"]),
            [60, 60, 0, 0, 0],
        );
        assert.ok(Number(of("severe")[0]?.["score"]) >= 60 && Number(of("severe")[3]?.["score"]) < 60);
        for (const user of users.slice(2))
            assert.deepEqual(
                of(user).map((row) => row["score"]),
                [0, 0, 0, 0, 0],
                user,
            );
    });

    it("say what is missing, rank what is there, and give no score of too little", async () => {
        const book = { spread_bps: 10, bid_depth: 90_000, ask_depth: 80_000, realised_volatility: 0.02 };
        const [profiles, , tokens] = await computed([
            ...Array.from({ length: 9 }, (_, day) =>
                userDay("u", day, { withdrawal_amount: day === 8 ? "5000" : "100" }),
            ),
            tokenDay("AAA", 0, { ...book, top_account_share: 0.2 }),
            tokenDay("BBB", 0, { ...book, spread_bps: 90, top_account_share: 0.2 }),
            tokenDay("CCC", 0),
            posts("BBB", 0, 20, 15),
            posts("CCC", 0, 9, 9),
        ]);
        const surges = profiles?.map((row) => row["withdrawal_surge"]);
        assert.deepEqual(surges, [...Array.from({ length: 7 }, () => null), 0, 490]);
        const shown = tokens?.map((row) => [row["token"], row["coverage"], row["rank"], row["negativity"]]);
        assert.deepEqual(shown, [
            ["AAA", 0.8, 0, null],
            ["BBB", 1, 1, 0.75],
            ["CCC", 0.15, null, null],
        ]);
        assert.equal(tokens?.[2]?.["score"], null);
        for (const row of tokens.slice(0, 2)) {
            const parts = Object.values(row["contributions"] as Record<string, number>);
            assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - Number(row["score"])) < 1e-5);
        }
    });

    it("are the same however days and alerts come as computed at once", async () => {
        const day = fc.nat(75);
        const user = fc.constantFrom("u1", "u2", "u3");
        const amount = fc.nat(10_000).map(String);
        const arrival = fc.oneof(
            fc.record({ user, day, amount }).map((a) => userDay(a.user, a.day, { withdrawal_amount: a.amount })),
            fc
                .record({ user, day, severity: fc.constantFrom("low", "medium", "high", "critical") })
                .map((a) => alert(JSON.stringify(a), a.user, a.day, { severity: a.severity })),
            fc.record({ day, scored: fc.nat(30) }).map((a) => posts("AAA", a.day, a.scored, Math.floor(a.scored / 2))),
            fc.record({ day, spread: fc.nat(99) }).map((a) => tokenDay("AAA", a.day, { spread_bps: a.spread })),
        );
        const batches = fc.array(fc.array(arrival, { minLength: 1, maxLength: 25 }), { minLength: 3, maxLength: 4 });
        await fc.assert(
            fc.asyncProperty(batches, async (arriving) => {
                await warehouse.empty();
                const refreshers = made();
                for (const batch of [...arriving, arriving[0] ?? []]) {
                    await store(batch);
                    await settle(refreshers);
                }
                const found = await all();
                for (const name of [...scores, "progress"])
                    await host.client.command({ query: `TRUNCATE TABLE rollups.${name}` });
                await settle(made());
                assert.deepEqual(found, await all());
                assert.ok(found.flat().length > 0);
            }),
            { numRuns: 4 },
        );
    });
});
