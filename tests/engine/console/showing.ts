// For tests of the console: the real server before a real ClickHouse with alerts, and people who are logged in.
import assert from "node:assert/strict";
import { type FastifyInstance } from "fastify";
import { createServer, readOnly } from "../../../functions/console/server";
import { type Role, type User, Visits } from "../../../functions/console/access";
import { Database } from "../../../functions/shared/clickhouse";
import { hashKey, KeyOwners } from "../../../functions/shared/keys";
import { createLog } from "../../../functions/shared/log";
import { firstWins } from "../../../functions/shared/time";
import { type SuiteHost, useClickHouseHost } from "../../support/clickhouse";
import { createShown } from "../../support/shown";

export const hostile = `<script>document.title="owned"</script>"'><img src=x onerror=alert(1)>\u202e${"n".repeat(10_000)}`;

/** The console as somebody with a browser sees it. */
export class Showing {
    private started: { app: FastifyInstance; reading: Database; database: Database; url: string } | undefined;

    private constructor(readonly host: SuiteHost) {}

    /** Gives the suite that calls it a console of its own, over alerts `a0` (the newest) to `a119`. */
    static use(): Showing {
        const showing = new Showing(useClickHouseHost());
        before(() => showing.start());
        after(() => showing.stop());
        return showing;
    }

    get url(): string {
        assert.ok(this.started);
        return this.started.url;
    }

    get database(): Database {
        assert.ok(this.started);
        return this.started.database;
    }

    /** The connection that pages are read with. */
    get reading(): Database {
        assert.ok(this.started);
        return this.started.reading;
    }

    static tokenOf = (role: Role): string => `token-of-${role}`;

    private async start(): Promise<void> {
        const { client, url } = this.host;
        await createShown(client);
        const database = new Database(url, 30);
        const owners = (["viewer", "analyst", "lead"] as const).map((role) => ({
            hashes: [hashKey(Showing.tokenOf(role))],
            owner: { name: role, role } satisfies User,
        }));
        const log = createLog("console", "fatal");
        const reading = new Database(url, 30, readOnly);
        const tokens = new KeyOwners<User>(owners);
        const app = await createServer({ reading, database, tokens, visits: new Visits(), log });
        this.started = { app, reading, database, url: await app.listen({ host: "127.0.0.1", port: 0 }) };
        await this.storeAlerts(120);
        await this.storeEvidence();
    }

    private async stop(): Promise<void> {
        await this.started?.app.close();
        await this.started?.database.close();
        await this.started?.reading.close();
    }

    /** Stores alerts `<prefix>0` (the newest) and on, a second apart; their users differ unless `entity` names one. */
    async storeAlerts(
        count: number,
        {
            run = "",
            prefix = "a",
            entity,
            raisedLaterMs = 0,
        }: { run?: string; prefix?: string; entity?: string; raisedLaterMs?: number } = {},
    ): Promise<void> {
        const start = Date.now() - 60_000 + raisedLaterMs;
        const rows = Array.from({ length: count }, (_, index) => {
            const odd = index === 1 && prefix === "a" ? hostile : undefined;
            const at = new Date(start - index * 1_000).toISOString();
            return {
                ...{ alert_id: `${prefix}${String(index)}`, kind: "alert", rule_version: 1, run, origin: "live" },
                ...{ rule: index % 2 === 0 ? "wash_trading" : "drained", score: 90, owner: "fraud", mode: "active" },
                ...{ entity_kind: "user", entity_id: odd ?? entity ?? `user-${String(index)}` },
                ...{ severity: index % 3 === 0 ? "high" : "medium", reason: odd ?? `Reason ${String(index)}` },
                ...{ details: { amount: "12.5" }, evidence_hash: "set", event_time: at, raised_at: at },
                version: firstWins(Date.parse(at)),
            };
        });
        await this.database.insert("detection.alerts", rows);
    }

    private async storeEvidence(): Promise<void> {
        const content = JSON.stringify({ amount: "12.5", user: hostile });
        const key = { alert_id: "a1", evidence_hash: "set", position: 0 };
        await this.database.insert("detection.alert_evidence", [
            { ...key, source: "user_withdrawals", content, hash: "h", version: "1" },
        ]);
    }

    /** Has somebody been told of an alert. */
    async tell(alert_id: string): Promise<void> {
        const at = new Date().toISOString();
        await this.database.insert("detection.notifications", [
            { alert_id, target: "t", sequence: 0, message_id: "m", decision: "sent", decided_at: at, version: "1" },
        ]);
        await this.database.insert("detection.deliveries", [
            { message_id: "m", target: "t", kind: "alert", attempt: 1, state: "accepted", at },
        ]);
    }

    /** A page as somebody with this role gets it, without a cookie. */
    async get(path: string, role: Role): Promise<{ status: number; body: string; headers: Headers }> {
        const authorization = `Bearer ${Showing.tokenOf(role)}`;
        const answer = await fetch(this.url + path, { headers: { authorization }, redirect: "manual" });
        return { status: answer.status, body: await answer.text(), headers: answer.headers };
    }

    /** Sends a form. */
    async post(path: string, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
        return fetch(this.url + path, { method: "POST", body: new URLSearchParams(form), headers, redirect: "manual" });
    }

    /** Logs in with the form; gives the cookie, and the hidden field of its pages. */
    async visit(role: Role): Promise<{ cookie: string; csrf: string; setCookie: string }> {
        const answer = await this.post("/login", { token: Showing.tokenOf(role) });
        assert.equal(answer.status, 303);
        const setCookie = answer.headers.get("set-cookie") ?? "";
        const cookie = setCookie.split(";", 1)[0] ?? "";
        const inbox = await (await fetch(this.url, { headers: { cookie } })).text();
        const csrf = /name="csrf" value="([^"]+)"/.exec(inbox)?.[1] ?? "";
        assert.notEqual(csrf, "");
        return { cookie, csrf, setCookie };
    }
}
