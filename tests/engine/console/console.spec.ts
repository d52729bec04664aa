// Proves, against a real ClickHouse: every page answers with its data and no panel fails; hostile names are text; pages of alerts go on where the one before ended;
// an alert is acknowledged, snoozed, closed and reopened by whoever may, a viewer cannot and is shown no buttons; nothing is done without the visit's own
// token; every action and every read of personal data is in the audit log. Does not prove: what it looks like (browser.spec.ts), how fast it is.
import assert from "node:assert/strict";
import { dashboards } from "../../../schema/dashboards";
import { hostile, Showing } from "./showing";

describe("console", function () {
    this.timeout(120_000);
    const showing = Showing.use();
    const stateOf = async (id: string): Promise<unknown> =>
        (
            await showing.database.rows<{ state: string; outcome: string; actor: string; note: string }>(
                "SELECT state, outcome, actor, note FROM trading.alert_states WHERE alert_id = {id:String}",
                { id },
            )
        )[0];
    const audited = (subject: string): Promise<{ actor: string; role: string; action: string }[]> =>
        showing.database.rows(
            "SELECT actor, role, action FROM trading.audit_log WHERE subject = {subject:String} ORDER BY at, action",
            { subject },
        );

    it("sends whoever has not logged in to the login, and says of no token whose it might be", async () => {
        for (const path of ["/", "/alerts/a0", "/dashboards/user-risk"]) {
            const answer = await fetch(showing.url + path, { redirect: "manual" });
            assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/login"]);
        }
        const refused = await showing.post("/login", { token: "wrong" });
        assert.equal(refused.status, 401);
        assert.equal(refused.headers.get("set-cookie"), null);
    });

    it("keeps a visit in a cookie that no script and no other site gets, and forbids everything foreign", async () => {
        const { cookie, setCookie, csrf } = await showing.visit("viewer");
        assert.match(setCookie, /HttpOnly/);
        assert.match(setCookie, /SameSite=Strict/);
        const answer = await fetch(showing.url, { headers: { cookie } });
        assert.match(answer.headers.get("content-security-policy") ?? "", /default-src 'none';script-src 'self'/);
        assert.equal(answer.headers.get("cache-control"), "no-store");
        assert.equal((await showing.post("/logout", { csrf }, { cookie })).status, 303);
        assert.equal((await fetch(showing.url, { headers: { cookie }, redirect: "manual" })).status, 303);
    });

    it("lists alerts newest first, page by page, each once", async () => {
        const seen: string[] = [];
        let path: string | undefined = "/";
        for (let pages = 0; path !== undefined && pages < 5; pages++) {
            const { status, body } = await showing.get(path, "viewer");
            assert.equal(status, 200);
            seen.push(...[...body.matchAll(/href="\/alerts\/(a\d+)"/g)].map(([, id = ""]) => id));
            path = /<a href="([^"]+)" rel="next"/.exec(body)?.[1]?.replaceAll("&amp;", "&");
        }
        assert.deepEqual(
            seen,
            Array.from({ length: 120 }, (_, index) => `a${String(index)}`),
        );
    });

    it("filters", async () => {
        const found = async (filter: string): Promise<number> =>
            (await showing.get(`/?${filter}`, "viewer")).body.split('href="/alerts/').length - 1;
        assert.equal(await found("entity=user-7"), 1);
        assert.equal(await found("entity=user-7&rule=wash_trading"), 0);
        assert.equal(await found("severity=high&rule=drained"), 20);
        assert.equal(await found("state=fired"), 100);
        assert.equal(await found("state=acknowledged"), 0);
        assert.equal(await found("run=replay"), 0);
    });

    it("finds alerts by their state as it is now, whatever came before", async () => {
        const run = "states";
        await showing.storeAlerts(9, { run, prefix: "s" });
        const base = Date.now() - 30_000;
        const events = (
            [
                ["s1", "closed"],
                ["s2", "acknowledged"],
                ["s3", "snoozed", { until: new Date(Date.now() + 3_600_000).toISOString() }],
                ["s4", "snoozed", { until: new Date(Date.now() - 1_000).toISOString() }],
                ["s5", "escalated"],
                ["s6", "closed"],
                ["s6", "reopened"],
                ["s7", "acknowledged"],
                ["s7", "closed"],
            ] as const
        ).map(([alert_id, action, own = {}], index) => ({
            ...{ event_id: String(index), alert_id, action, outcome: action === "closed" ? "confirmed" : "" },
            ...{ actor: "ann", note: "n", at: new Date(base + index).toISOString(), version: "1", ...own },
        }));
        await showing.database.insert("detection.alert_events", events);
        await showing.tell("s8");
        const found = async (state: string): Promise<string> => {
            const { body } = await showing.get(`/?run=${run}&state=${state}`, "viewer");
            return [...body.matchAll(/href="\/alerts\/(s\d)"/g)].map(([, id = ""]) => id).join(" ");
        };
        assert.equal(await found(""), "s0 s1 s2 s3 s4 s5 s6 s7 s8");
        assert.equal(await found("open"), "s0 s2 s3 s4 s5 s6 s8");
        assert.equal(await found("closed"), "s1 s7");
        assert.equal(await found("acknowledged"), "s2");
        assert.equal(await found("snoozed"), "s3");
        assert.equal(await found("escalated"), "s5");
        assert.equal(await found("notified"), "s8");
        assert.equal(await found("fired"), "s0 s4 s6");
    });

    it("shows an alert that was written twice once, where it was raised first", async () => {
        const run = "twice";
        await showing.storeAlerts(3, { run, prefix: "t" });
        await showing.storeAlerts(1, { run, prefix: "t", raisedLaterMs: 20_000 });
        const { body } = await showing.get(`/?run=${run}&group=none`, "viewer");
        assert.deepEqual(
            [...body.matchAll(/href="\/alerts\/(t\d)"/g)].map(([, id]) => id),
            ["t0", "t1", "t2"],
        );
    });

    it("puts the alerts of an entity together below the newest, unless each is wanted alone", async () => {
        const run = "grouped";
        await showing.storeAlerts(5, { run, prefix: "g", entity: "one" });
        await showing.storeAlerts(1, { run, prefix: "h", entity: "other" });
        const together = (await showing.get(`/?run=${run}`, "viewer")).body;
        assert.equal(together.split("<details>").length - 1, 1);
        assert.match(together, /4 more of user one: 1 high, 3 medium/);
        assert.equal(new Set(together.match(/\/alerts\/[gh]\d/g)).size, 6);
        const alone = (await showing.get(`/?run=${run}&group=none`, "viewer")).body;
        assert.equal(alone.split("<details>").length - 1, 0);
        assert.equal(new Set(alone.match(/\/alerts\/[gh]\d/g)).size, 6);
    });

    it("looks at the time that is asked for, and refuses one that makes no sense", async () => {
        const shown = await showing.get(
            "/dashboards/alert-operations?from=2026-01-01T00:00&to=2026-01-02T12:30",
            "viewer",
        );
        assert.match(shown.body, /2026-01-01 00:00 to 2026-01-02 12:30 UTC/);
        for (const query of [
            "from=2026-01-02T00:00&to=2026-01-01T00:00",
            "to=2026-01-01T00:00",
            "from=now",
            "from=2020-01-01T00:00",
        ])
            assert.equal((await showing.get(`/dashboards/alert-operations?${query}`, "viewer")).status, 400, query);
    });

    it("reads with a connection that can write nothing", async () => {
        await assert.rejects(showing.reading.client.command({ query: "TRUNCATE TABLE detection.alerts" }), /readonly/i);
        await assert.rejects(showing.reading.insert("detection.silences", [{ silence_id: "x" }]), /readonly/i);
    });

    it("shows hostile names and evidence as text", async () => {
        for (const path of ["/", "/alerts/a1", `/?entity=${encodeURIComponent("<script>x</script>")}`]) {
            const { status, body } = await showing.get(path, "analyst");
            assert.equal(status, 200);
            assert.ok(!/<script>|<img|\u202e/.test(body), path);
        }
        const { body } = await showing.get("/alerts/a1", "analyst");
        assert.ok(body.includes("&lt;script&gt;document.title") && body.includes("\\u{202e}"));
        assert.ok(body.split("n".repeat(10_000)).length > 2, "reason and evidence in full");
        assert.equal(
            (await showing.get(`/dashboards/user-risk?user=${encodeURIComponent(hostile)}`, "viewer")).status,
            200,
        );
    });

    for (const { id, title, panels } of dashboards)
        it(`shows ${title} with every panel`, async () => {
            const { status, body } = await showing.get(`/dashboards/${id}?span=7d`, "viewer");
            assert.equal(status, 200);
            assert.equal(body.split('<section class="panel').length - 1, panels.length);
            assert.deepEqual(
                [...body.matchAll(/It could not be read: ([^<]*)/g)].map(([, why]) => why),
                [],
            );
        });

    it("asks what costs much when somebody wants it, and not before", async () => {
        const before = (await showing.get("/dashboards/system-warnings", "viewer")).body;
        const [, path = ""] = /href="([^"]+)#differences">Ask now/.exec(before) ?? [];
        const asked = await showing.get(`/dashboards/system-warnings${path.replaceAll("&amp;", "&")}`, "viewer");
        assert.equal(asked.status, 200);
        assert.ok(!asked.body.includes("Ask now") && !asked.body.includes("It could not be read"));
    });

    it("says 404 of what there is not, in a sentence", async () => {
        for (const path of ["/alerts/none", "/dashboards/none", "/none"])
            assert.equal((await showing.get(path, "viewer")).status, 404, path);
    });

    it("lets a viewer read and not act", async () => {
        const { body } = await showing.get("/alerts/a2", "viewer");
        assert.ok(!body.includes("Acknowledge") && !body.includes('action="/alerts/'));
        const { cookie, csrf } = await showing.visit("viewer");
        for (const action of ["acknowledged", "snoozed", "closed", "reopened"]) {
            const form = { csrf, note: "n", outcome: "confirmed", until: "1h" };
            assert.equal((await showing.post(`/alerts/a2/${action}`, form, { cookie })).status, 403, action);
        }
        assert.deepEqual(await stateOf("a2"), { state: "fired", outcome: "", actor: "", note: "" });
    });

    it("does nothing that another page has asked for", async () => {
        const { cookie } = await showing.visit("analyst");
        const other = await showing.visit("analyst");
        for (const csrf of ["", "wrong", other.csrf])
            assert.equal((await showing.post("/alerts/a2/acknowledged", { csrf, note: "" }, { cookie })).status, 403);
        assert.equal((await showing.post("/alerts/a2/acknowledged", { csrf: other.csrf })).status, 401);
        assert.deepEqual(await stateOf("a2"), { state: "fired", outcome: "", actor: "", note: "" });
    });

    it("works an alert to its close, with every step in the audit log", async () => {
        const { cookie, csrf } = await showing.visit("analyst");
        const step = async (action: string, form: Record<string, string>): Promise<number> =>
            (await showing.post(`/alerts/a3/${action}`, { csrf, ...form }, { cookie })).status;
        assert.equal(await step("acknowledged", { note: "" }), 303);
        assert.equal(await step("snoozed", { note: "later", until: "never" }), 400);
        assert.equal(await step("snoozed", { note: "later", until: "1h" }), 303);
        assert.equal(await step("closed", { note: " ", outcome: "confirmed" }), 400);
        assert.equal(await step("closed", { note: "why" }), 400);
        assert.equal(await step("closed", { note: hostile.slice(0, 100), outcome: "confirmed" }), 303);
        assert.equal(await step("acknowledged", { note: "" }), 409);
        assert.equal(await step("reopened", { note: "not mine to do" }), 403);
        const closed = { state: "closed", outcome: "confirmed", actor: "analyst", note: hostile.slice(0, 100) };
        assert.deepEqual(await stateOf("a3"), closed);
        const { body } = await showing.get("/alerts/a3", "lead");
        assert.ok(body.includes("closed: confirmed") && body.includes("Reopen") && !body.includes("<script>"));
        const done = (await audited("a3")).map(({ actor, role, action }) => `${actor} ${role} ${action}`);
        assert.deepEqual(done, [
            "analyst analyst alerts.acknowledged",
            "analyst analyst alerts.snoozed",
            "analyst analyst alerts.closed",
            "lead lead console.alert",
        ]);
        const lead = await showing.visit("lead");
        const again = await showing.post("/alerts/a3/reopened", { csrf: lead.csrf, note: "look again" }, lead);
        assert.equal(again.status, 303);
    });

    it("writes into the audit log whose dashboard was looked at", async () => {
        await showing.get("/dashboards/user-risk?user=user-7", "viewer");
        assert.deepEqual(await audited("user:user-7"), [
            { actor: "viewer", role: "viewer", action: "console.dashboard" },
        ]);
    });
});
