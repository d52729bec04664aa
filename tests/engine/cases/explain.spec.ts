// Proves, on the real engine with a deployed rule: an alert is found again as it was, also after rows came late that nobody knew then; after its facts expired
// as retention takes them (whole days) its evidence is intact and said to be, 'inputs expired'; a row taken from a day that is still there is 'inputs
// changed since'; evidence that was changed does not pass. Does not prove: rules that read rollups, which keep no history of themselves.
import assert from "node:assert/strict";
import { Bench, type Ended, eventOf } from "./bench";

const dayMs = 86_400_000;
const noon = Math.floor(Date.now() / dayMs) * dayMs - dayMs / 2;

describe("npm run alerts -- explain", function () {
    this.timeout(120_000);
    const bench = Bench.use();
    const explained = (alert: string): Promise<Ended> => bench.run("alerts", "explain", alert);

    it("finds an alert again with what was known then", async () => {
        const alert = await bench.travels("known", noon - 2 * dayMs);
        const again = await explained(alert);
        assert.deepEqual([again.code, again.err], [0, ""], again.out);
        assert.match(again.out, /^verdict +found again, the same\nevidence +intact: every row has its hash/m);
        // Between the two logins, but received afterwards: the rule would find something else now.
        const login = eventOf("user_actions", noon - 2 * dayMs - 60_000, {
            ...{ action_id: "late", action: "login_succeeded", user_id: "known", asn_class: "isp", city: "Osaka" },
            ...{ latitude: "34.690000", longitude: "135.500000", ip: "203.0.113.9" },
        });
        await bench.database.insert("facts.user_actions", [
            { ...login, received_at: new Date().toISOString(), ingested_at: new Date().toISOString(), version: "1" },
        ]);
        assert.equal((await explained(alert)).code, 0);
        const log = await bench.database.rows(
            "SELECT details FROM trading.audit_log WHERE action = 'alerts.explain' LIMIT 1",
        );
        assert.deepEqual(log, [{ details: { verdict: "found again, the same" } }]);
    });

    it("says that inputs expired, with the evidence intact", async () => {
        const alert = await bench.travels("gone", noon - 4 * dayMs);
        await bench.travels("kept", noon - dayMs);
        const date = new Date(noon - 4 * dayMs).toISOString().slice(0, 10);
        await bench.command(`ALTER TABLE facts.user_actions DROP PARTITION '${date}'`);
        const { code, out } = await explained(alert);
        assert.equal(code, 1);
        assert.match(out, /^verdict +inputs expired\nevidence +intact/m);
        assert.match(out, /the rule does not find it now\n +2 of 2 rows of evidence are not there now\n/);
        assert.match(out, new RegExp(`user_actions of ${date} expired; its oldest day now is \\d{4}-\\d\\d-\\d\\d`));
        assert.match(await bench.ann("alerts", "show", alert), /Berlin.*\n#1 .*Tokyo/);
    });

    it("says that inputs changed, where a row is gone from a day that is there", async () => {
        const alert = await bench.travels("changed", noon - 6 * dayMs);
        await bench.travels("same-day", noon - 6 * dayMs + 60_000);
        await bench.command(
            "ALTER TABLE facts.user_actions DELETE WHERE user_id = 'changed' AND city = 'Berlin' SETTINGS mutations_sync = 2",
        );
        const { code, out } = await explained(alert);
        assert.equal(code, 1);
        assert.match(out, /^verdict +inputs changed since\nevidence +intact/m);
        assert.match(out, /1 of 2 rows of evidence are not there now/);
    });

    it("does not let changed evidence pass", async () => {
        const alert = await bench.travels("forged", noon - 7 * dayMs);
        await bench.command(
            `ALTER TABLE detection.alert_evidence UPDATE content = replaceAll(content, 'Tokyo', 'Paris') WHERE alert_id = '${alert}' SETTINGS mutations_sync = 2`,
        );
        const { code, out } = await explained(alert);
        assert.equal(code, 1);
        assert.match(out, /^evidence +NOT intact\n +evidence #1 is not what was stored: its SHA-256 differs$/m);
    });

    it("does not ask a rule of another version", async () => {
        const alert = await bench.travels("older", noon - 8 * dayMs);
        await bench.command(
            `ALTER TABLE detection.alerts UPDATE rule_version = 0 WHERE alert_id = '${alert}' SETTINGS mutations_sync = 2`,
        );
        const { code, out } = await explained(alert);
        assert.equal(code, 1);
        assert.match(
            out,
            /^verdict +another version is deployed\nevidence +intact[^]*it fired under v0; v1 is deployed$/m,
        );
    });
});
