// Proves, with the commands as a person runs them, on the real engine: an alert of a real rule is listed, shown, acknowledged, snoozed and closed with a note;
// what makes no sense is refused in a sentence with exit code 2; markup, control characters and SQL in names are text; dead messages are queued again; silences come and go;
// everything is in the audit log. Does not prove: that the dispatcher sends them (tests/engine/alerts).
import assert from "node:assert/strict";
import { clickhouseMillis } from "../../../functions/shared/time";
import { Bench } from "./bench";

const at = Date.now() - 1_800_000;
const hostile = "eve' OR 1=1 --\u001b[31m\u202e<script>";

describe("npm run alerts", function () {
    this.timeout(120_000);
    const bench = Bench.use();
    let alert: string;
    before(async () => {
        alert = await bench.travels("u1", at);
    });

    it("lists, shows and works an alert to its close", async () => {
        assert.match(
            await bench.ann("alerts", "list"),
            new RegExp(`${alert} .* impossible_travel +fired +user u1 +logins from Berlin`),
        );
        await bench.ann("alerts", "ack", alert, "--note", "looking");
        await bench.ann("alerts", "snooze", alert, "--until", "2h");
        assert.match(await bench.ann("alerts", "list", "--state", "snoozed"), new RegExp(alert));
        await bench.ann("alerts", "close", alert, "--as", "confirmed", "--note", "shared password");
        assert.match(await bench.ann("alerts", "list", "--state", "open"), /^no alert since/);
        const text = await bench.ann("alerts", "show", alert);
        assert.match(text, /^state +closed: confirmed since .* by ann$/m);
        assert.match(
            text,
            /fired[^]*acknowledged +ann +looking[^]*snoozed until .* ann[^]*closed: confirmed +ann +shared password/,
        );
        assert.match(text, /evidence, 2 rows, hash [0-9a-f]{64}\n#0 +user_actions +[0-9a-f]{12} +\{.*Berlin/);
        const log = await bench.database.rows(
            "SELECT action, actor, role FROM trading.audit_log WHERE subject = {alert:String} ORDER BY trading.audit_log.at",
            { alert },
        );
        const did = (action: string): object => ({ action: `alerts.${action}`, actor: "ann", role: "cli" });
        assert.deepEqual(log, ["acknowledged", "snoozed", "closed", "show"].map(did));
    });

    it("refuses what makes no sense, and says why", async () => {
        for (const [args, words] of [
            [["show", "none"], /^alerts: no alert "none"; npm run alerts -- list shows the newest\n$/],
            [["ack", alert], /^alerts: .* cannot be acknowledged: it was closed by ann at .* UTC/],
            [["close", alert, "--as", "confirmed"], /^error: required option '--note <text>' not specified\n$/],
            [["close", alert, "--as", "confirmed", "--note", " "], /must say something\n$/],
            [
                ["close", alert, "--as", "wrong", "--note", "x"],
                /Allowed choices are confirmed, valuable, false_positive/,
            ],
            [["snooze", alert, "--until", "2001-01-01T00:00:00Z"], /must lie ahead/],
        ] as const) {
            const { code, out, err } = await bench.run("alerts", ...args);
            assert.deepEqual([code, out], [2, ""], args.join(" "));
            assert.match(err, words);
        }
    });

    it("takes what others wrote as text", async () => {
        const id = await bench.travels(hostile, at + 60_000);
        const listed = await bench.ann("alerts", "list", "--entity", hostile);
        assert.match(listed, /user eve' OR 1=1 --\\u\{1b\}\[31m\\u\{202e\}<script>/);
        assert.equal(listed.trim().split("\n").length, 2, listed);
        await bench.ann("alerts", "close", id, "--as", "valuable", "--note", hostile);
        assert.match(await bench.ann("alerts", "show", id), /^note +eve' OR 1=1 --\\u\{1b\}/m);
    });

    it("queues dead messages again, once", async () => {
        const journal = (message: string, state: string, ms: number): object => ({
            ...{ message_id: message, target: "hook", kind: "alert", attempt: 1, state, alerts: 1, error: "410 gone" },
            at: new Date(at + ms).toISOString(),
        });
        await bench.database.insert("detection.deliveries", [
            ...[journal("m1", "intent", 1), journal("m1", "dead", 2)],
            ...[journal("m2", "intent", 1), journal("m2", "accepted", 2)],
            journal("m3", "intent", 1),
        ]);
        assert.match(await bench.ann("alerts", "replay", "--dry-run"), /^m1 +hook +alert of 1 .*410 gone$/m);
        const said = await bench.ann("alerts", "replay", "--target", "hook");
        assert.match(said, /^1 queued again/m);
        assert.equal(await bench.ann("alerts", "replay"), "no dead message fits\n");
        assert.deepEqual(
            await bench.database.rows(
                "SELECT message_id, target, kind, attempt FROM trading.deliveries WHERE state = 'replayed'",
            ),
            [{ message_id: "m1", target: "hook", kind: "alert", attempt: 0 }],
        );
    });

    it("silences what is named until a time, and ends a silence before it", async () => {
        const about = ["--rule", "impossible_travel", "--entity", hostile];
        const added = await bench.ann(
            "alerts",
            "silence",
            "add",
            ...about,
            "--until",
            "2h",
            "--reason",
            "known traveller",
        );
        const [id = ""] = /^[0-9a-f]{12}/.exec(added) ?? [];
        assert.match(
            await bench.ann("alerts", "silence", "list"),
            new RegExp(`^SILENCE[^]*\n${id} +silence +impossible_travel eve' OR 1=1 --.*ann +known traveller\n$`),
        );
        const [stored] = await bench.database.rows<Record<string, string>>(
            "SELECT rule, entity_id, owner, severity FROM trading.silences WHERE silence_id = {id:String}",
            { id },
        );
        assert.deepEqual(stored, { rule: "impossible_travel", entity_id: hostile, owner: "", severity: "" });
        await bench.ann("alerts", "silence", "end", id);
        assert.equal(await bench.ann("alerts", "silence", "list"), "no silence\n");
        for (const [args, words] of [
            [["add", "--until", "1h", "--reason", "x"], /^alerts: a silence of all alerts is a maintenance window/],
            [["add", "--rule", "travel", "--until", "1h", "--reason", "x"], /^alerts: no rule "travel"; there are /],
            [["end", id], /^alerts: no silence "[0-9a-f]{12}" that lasts/],
        ] as const) {
            const { code, err } = await bench.run("alerts", "silence", ...args);
            assert.equal(code, 2, args.join(" "));
            assert.match(err, words);
        }
        const window = await bench.ann(
            "alerts",
            "silence",
            "add",
            "--maintenance",
            "--until",
            "1h",
            "--reason",
            "upgrade",
        );
        assert.match(await bench.ann("alerts", "silence", "list"), /\n[0-9a-f]{12} +maintenance +all /);
        await bench.ann("alerts", "silence", "end", window.slice(0, 12));
    });

    it("says what became of a test message, and where nobody sent it", async () => {
        const alone = await bench.run("alerts", "test", "chat", "--wait", "1");
        assert.equal(alone.code, 2);
        assert.match(alone.err, /^alerts: nobody has tried to reach "chat" within 1 s: make status/);
        const running = bench.run("alerts", "test", "chat", "--wait", "60");
        const asked = "SELECT message_id FROM trading.deliveries WHERE kind = 'test' AND message_id != {before:String}";
        const [before] = await bench.database.rows<{ message_id: string }>(asked, { before: "" });
        let found: { message_id: string }[] = [];
        while (found.length === 0) found = await bench.database.rows(asked, { before: before?.message_id ?? "" });
        // What the worker writes.
        const at = clickhouseMillis(Date.now());
        const row = {
            message_id: found[0]?.message_id,
            target: "chat",
            kind: "test",
            attempt: 1,
            state: "accepted",
            at,
        };
        await bench.database.insert("detection.deliveries", [
            { ...row, status: 200, error: "", next_at: null, alerts: 0 },
        ]);
        const { code, out } = await running;
        assert.deepEqual([code, out], [0, "chat took the test message (HTTP 200)\n"]);
    });
});
