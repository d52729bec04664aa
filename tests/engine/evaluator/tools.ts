// For tests: the dashboards as Grafana and HyperDX ask for them, over a venue that has a little of everything a simulation leaves out.
import assert from "node:assert/strict";
import { type Database } from "../../../functions/shared/clickhouse";
import { grafanaSql } from "../../../infra/dashboards/grafanaPanels";
import { hyperdxSql } from "../../../infra/dashboards/hyperdx";
import { ownSources } from "../../../infra/dashboards/hyperdxSources";
import { type Dashboard, dashboards, type Panel } from "../../../schema/dashboards";
import { storeRows } from "../../support/detection";
import { fullEvent } from "../../support/events";
import { asGrafanaSends, asHyperdxSends, type Looked } from "../../support/macros";
import { catalogue } from "../../../schema";

const minuteMs = 60_000;

/** What goes wrong in a venue, and what is sent: one of each, just now. */
export async function addTroubles(database: Database): Promise<void> {
    const now = Date.now() - minuteMs;
    const at = new Date(now).toISOString();
    const place = { topic: "trading.user_trades.v1", partition: 0 };
    const alert = { alert_id: "told", kind: "alert", rule: "feed_lag", rule_version: 1, run: "", origin: "live" };
    const message = { message_id: "m", target: "team", kind: "alert", attempt: 1, at, status: 200, alerts: 1 };
    const judged = { rule: "wash_trading", rule_version: 9, run: "", early_to: at, final_to: at, known_at: at };
    await database.insert("facts.dead_letters", [
        {
            fact: "user_trades",
            ...place,
            offset: 1,
            line: 0,
            class: "refused",
            reason: "price, no number",
            received_at: at,
        },
    ]);
    await database.insert("facts.gaps", [
        { fact: "user_trades", ...place, first_offset: 2, last_offset: 3, kind: "lost", found_at: at, repaired: false },
    ]);
    await database.insert("detection.alerts", [
        {
            ...{ ...alert, entity_kind: "feed", entity_id: "user_trades", severity: "high", owner: "operations" },
            ...{ mode: "active", score: 100, reason: "behind", event_time: at, raised_at: at, version: "1" },
        },
    ]);
    await database.insert("detection.notifications", [
        {
            alert_id: "told",
            target: "team",
            sequence: 0,
            message_id: "m",
            decision: "sent",
            decided_at: at,
            version: "1",
        },
    ]);
    await database.insert("detection.notifications", [
        { alert_id: "told", target: "night", sequence: 0, decision: "silenced", decided_at: at, version: "1" },
    ]);
    await database.insert("detection.deliveries", [{ ...message, state: "accepted" }]);
    await database.insert("detection.blind_spans", [
        {
            rule: "wash_trading",
            run: "",
            fact: "user_trades",
            blind_from: at,
            blind_to: null,
            reason: "silent",
            version: "1",
        },
    ]);
    await database.insert("detection.rule_progress", [
        { ...judged, state: "failing", error: "no such column", updated_at: at, origin: "live", version: "1" },
    ]);
    await addFalseTotal(database, now);
}

/** A source says that it sent what is not there. */
async function addFalseTotal(database: Database, now: number): Promise<void> {
    const declaration = catalogue.find(({ name }) => name === "control_totals");
    assert.ok(declaration);
    const hour = new Date(Math.floor(now / 3_600_000) * 3_600_000 - 7_200_000).toISOString();
    const event = fullEvent(declaration, "t", {
        ...{ event_time: hour, original_time: null, origin: "live", source_seq: null, run_id: null },
        ...{ fact: "user_trades", symbol: null, hour, revision: 1, events: 7, quantity: null },
        ...{ first_seq: null, last_seq: null },
    });
    await storeRows(database.client, "control_totals", [{ event, received: Date.parse(hour) }]);
}

/** A panel that needs a server with feeds: there is none here. */
const needsKafka = ["ingestion-health/consumers"];

const place = (dashboard: Dashboard, panel: Panel): string => `${dashboard.id}/${panel.id}`;

/** What the likeliest choice of each variable is, as a reader who has chosen nothing sees it in Grafana. */
async function chosenIn(database: Database, dashboard: Dashboard, looked: Looked): Promise<Looked> {
    const values: Record<string, string> = { ...looked.values };
    for (const { name, options } of dashboard.variables) {
        const [first] = await database.rows<Record<string, string>>(asGrafanaSends(grafanaSql(options), looked));
        values[name] = Object.values(first ?? {})[0] ?? "";
        assert.notEqual(values[name], "", `${dashboard.id}: nothing to choose for ${name}`);
    }
    return { ...looked, values };
}

/** Every panel as both tools send it: none fails, none is empty, and both get the same rows. */
export async function askedByTools(database: Database, looked: Looked): Promise<void> {
    const empty: string[] = [];
    for (const dashboard of dashboards) {
        const chosen = await chosenIn(database, dashboard, looked);
        for (const panel of dashboard.panels) {
            const inGrafana = await database.rows<object>(asGrafanaSends(grafanaSql(panel.sql), chosen));
            if (inGrafana.length === 0) empty.push(place(dashboard, panel));
            const { query, parameters } = asHyperdxSends(hyperdxSql(dashboard, panel.sql), looked);
            const inHyperdx = await database.rows<object>(query, parameters);
            assert.deepEqual(inHyperdx, inGrafana, place(dashboard, panel));
        }
    }
    assert.deepEqual(empty, needsKafka);
}

/** Every source can be searched as HyperDX does: its columns, of a span of its time. */
export async function searchedSources(database: Database): Promise<void> {
    for (const source of ownSources) {
        assert.ok(source.kind === "log");
        const { defaultTableSelectExpression: columns, from, timestampValueExpression: time } = source;
        const sql = `SELECT ${columns} FROM ${from.databaseName}.${from.tableName} WHERE ${time} >= now() - toIntervalDay(30) ORDER BY ${time} DESC LIMIT 1`;
        await database.rows(sql);
    }
}
