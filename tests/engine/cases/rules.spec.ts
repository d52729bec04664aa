// Proves, on the real engine: a rule that is switched off is not evaluated, which is a blind span with who and why, and judges what it missed once it is on
// again, in order, so that nothing is missing in the end; `rules list` says how rules stand, `rules noisy` what they raised in a week; other rules go on. Does not prove: restarts meanwhile.
import assert from "node:assert/strict";
import { evaluated } from "../../../functions/evaluator/rules/rule";
import { rules } from "../../../schema/rules";
import { LiveRun } from "../evaluator/liveRun";
import { Bench, eventOf } from "./bench";

const at = Date.now() - 1_800_000;

describe("npm run rules", function () {
    this.timeout(120_000);
    const bench = Bench.use();
    const travel = rules.filter(({ id }) => id === "impossible_travel").map(evaluated);
    const alerts = (): Promise<{ user: string }[]> =>
        bench.database.rows(
            "SELECT entity_id AS user FROM trading.alerts WHERE rule = 'impossible_travel' ORDER BY event_time",
        );
    const spans = (): Promise<object[]> =>
        bench.database.rows(
            "SELECT rule, fact, isNull(blind_to) AS open, reason FROM trading.blind_spans WHERE rule = 'impossible_travel'",
        );

    it("rests a rule that is switched off, and has it catch up", async () => {
        const before = await bench.travels("before", at);
        assert.match(before, /^[0-9a-f]{32}$/);
        const said = await bench.ann(
            "rules",
            "disable",
            "impossible_travel",
            "--until",
            "1h",
            "--reason",
            "geo database is wrong",
        );
        assert.match(said, /^impossible_travel is off until /);
        const live = await LiveRun.start(bench.database, travel);
        const login = (city: string, seconds: number, north: string): Record<string, unknown> =>
            eventOf("user_actions", at + seconds * 1_000, {
                ...{ action_id: city, action: "login_succeeded", user_id: "meanwhile", city, asn_class: "isp" },
                ...{ latitude: north, longitude: "10.000000", ip: `192.0.2.${String(seconds)}` },
            });
        await bench.store("user_actions", login("Hamburg", 10, "53.500000"), login("Rome", 60, "41.900000"));
        await live.rounds(at + 100_000);
        assert.deepEqual(
            (await alerts()).map(({ user }) => user),
            ["before"],
        );
        const [span] = await spans();
        assert.deepEqual({ ...span, reason: "" }, { rule: "impossible_travel", fact: "", open: 1, reason: "" });
        assert.match((span as { reason: string }).reason, /^switched off by ann until .*: geo database is wrong$/);
        assert.match(
            await bench.ann("rules", "list"),
            /^impossible_travel +v1 +active +medium +\w+ .* off until .* by ann: geo database is wrong$/m,
        );

        await bench.ann("rules", "enable", "impossible_travel");
        const later = await LiveRun.start(bench.database, travel);
        await later.rounds(at + 120_000);
        assert.deepEqual(
            (await alerts()).map(({ user }) => user),
            ["before", "meanwhile"],
        );
        assert.deepEqual(
            (await spans()).map((each) => ({ ...each, reason: "" })),
            [{ rule: "impossible_travel", fact: "", open: 0, reason: "" }],
        );
        assert.match(await bench.ann("rules", "list"), /^impossible_travel .* 2 +0\/0$/m);
        assert.match(
            await bench.ann("rules", "noisy", "--weeks", "1"),
            /^WEEK FROM [^]*^\d{4}-\d\d-\d\d +\w+ +impossible_travel +v1 +2 +2( +0){4} +2 +too few closed$/m,
        );
    });

    it("refuses what makes no sense, and says why", async () => {
        for (const [args, words] of [
            [
                ["disable", "none", "--until", "1h", "--reason", "x"],
                /^rules: no rule "none"; there are .*impossible_travel/,
            ],
            [["disable", "self_trade", "--until", "1h"], /required option '--reason <text>' not specified/],
            [["disable", "self_trade", "--until", "soon", "--reason", "x"], /must be a span like 30m/],
            [["enable", "self_trade"], /^rules: self_trade is not switched off\n$/],
            [["noisy", "--weeks", "0"], /must be a whole number from 1 to 260/],
        ] as const) {
            const { code, out, err } = await bench.run("rules", ...args);
            assert.deepEqual([code, out], [2, ""], args.join(" "));
            assert.match(err, words);
        }
    });
});
