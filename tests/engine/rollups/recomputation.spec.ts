// Proves, on the real engine: whatever the order, repetition and lateness of arrivals, and wherever a refresh is killed, every rollup is what an
// independent computation in TypeScript makes of all events at once, to the unit; corrected and busted trades and a full replay included.
// Does not prove: which prices are frozen (prices.spec.ts here), feeds (tests/engine/stack), and what a refresh costs (work.spec.ts here).
import assert from "node:assert/strict";
import { type ClickHouseClient } from "@clickhouse/client";
import { userTrades } from "../../../schema/facts/userTrades";
import { Draw } from "../../../functions/simulator/core/random";
import { everything } from "../../../functions/simulator/scenarios/director";
import { simulate } from "../../../functions/simulator/simulate";
import { useClickHouseHost } from "../../support/clickhouse";
import { assertAllEqual } from "./equality";
import { eager, settle, type Stored, Warehouse } from "./support";

const start = Date.UTC(2026, 10, 20, 23, 53);
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Fourteen minutes over a midnight, with twenty of history and every scenario there is. */
const simulated = (seed: number): Stored[] =>
    [...simulate({ seed, accounts: 60, start, minutes: 14, historyDays: 2, scenarios: everything(1), scores: true })]
        .flat()
        .filter(({ declaration, event }) => {
            const old = Date.parse(event.event_time) < start - 20 * minuteMs;
            return declaration.kind === "reference" || !old;
        });

/** Corrections and busts of some trades: at the trade's own time or later, corrected again, to other parties, or taken back. */
function amendments(events: readonly Stored[], draw: Draw): Stored[] {
    const trades = events.filter(({ declaration }) => declaration === userTrades);
    return trades.flatMap(({ declaration, event }, index) => {
        if (!draw.chance(0.5)) return [];
        const later = Date.parse(String(event["event_time"])) + draw.int([0, 10]) * minuteMs;
        const second: Record<string, unknown> = {
            ...event,
            event_time: draw.chance(0.5) ? event["event_time"] : new Date(later).toISOString(),
            trade_version: "2",
            status: draw.chance(0.4) ? "busted" : "corrected",
            quantity: "0.5",
            source_seq: null,
        };
        if (draw.chance(0.3))
            Object.assign(second, { maker_account_id: `other-${String(index)}`, maker_user_id: "other" });
        const third = {
            ...second,
            trade_version: "3",
            status: draw.chance(0.5) ? "corrected" : "busted",
            price: "2.25",
        };
        return (draw.chance(0.3) ? [second, third] : [second]).map((amended) => ({
            declaration,
            event: { ...amended, event_id: declaration.eventId(amended) },
        }));
    });
}

/** In the order of arrival: each up to ten minutes after its time, one in a hundred an hour, one in ten once more later on. */
function disturbed(events: readonly Stored[], draw: Draw): Stored[] {
    const arriving = events.flatMap((stored) => {
        const time =
            Date.parse(String(stored.event["event_time"])) +
            draw.between([0, 10 * minuteMs]) +
            (draw.chance(0.01) ? hourMs : 0);
        const first = { stored, time };
        return draw.chance(0.1) ? [first, { stored, time: time + draw.between([0, hourMs]) }] : [first];
    });
    return arriving.toSorted((a, b) => a.time - b.time).map(({ stored }) => stored);
}

/** Cuts a list at random places. */
function batches<T>(list: readonly T[], count: number, draw: Draw): T[][] {
    const cuts = Array.from({ length: count - 1 }, () => draw.int([0, list.length])).sort((a, b) => a - b);
    return [0, ...cuts].map((cut, index) => list.slice(cut, cuts[index] ?? list.length));
}

class Killed extends Error {}

/** A client whose process dies at a random statement: before it was sent, or after it was done and before anything came of it. */
function mortal(client: ClickHouseClient, draw: Draw): ClickHouseClient {
    const dying = new Set(["query", "command", "insert"]);
    return new Proxy(client, {
        get(target, property) {
            const found: unknown = Reflect.get(target, property);
            if (typeof found !== "function") return found;
            const method = found.bind(target) as (argument: unknown) => Promise<unknown>;
            if (!dying.has(String(property))) return method;
            return async (argument: unknown) => {
                if (draw.chance(0.03)) throw new Killed("before a statement");
                const result = await method(argument);
                if (draw.chance(0.06)) throw new Killed("after a statement");
                return result;
            };
        },
    });
}

/** Refreshes until nothing is left, started anew when it is killed, three times at most; returns how often it was. */
async function settleKilled(client: ClickHouseClient, draw: Draw): Promise<number> {
    for (let kills = 0; ; kills++) {
        try {
            await settle(
                eager(kills < 3 ? mortal(client, draw) : client, { minutesPerStatement: 12, statements: 100 }),
            );
            return kills;
        } catch (error) {
            if (!(error instanceof Error && error.cause instanceof Killed)) throw error;
        }
    }
}

describe("rollups equal a full recomputation", function () {
    this.timeout(400_000);
    const host = useClickHouseHost();
    let warehouse: Warehouse;

    before(async () => {
        warehouse = new Warehouse(host.client);
        await warehouse.create();
    });
    beforeEach(() => warehouse.empty());

    it("computed at once, and again after a full replay", async () => {
        const events = simulated(11);
        await warehouse.store(events, Date.now() - hourMs);
        const refreshers = eager(host.client);
        await settle(refreshers);
        const rows = await assertAllEqual(warehouse, events);
        for (const [rollup, count] of Object.entries(rows))
            assert.ok(count > 5, `${rollup}: ${String(count)} rows show little`);
        await warehouse.store(events);
        await settle(refreshers);
        await assertAllEqual(warehouse, events);
    });

    it("in random batches, shuffled, late, twice, amended and killed", async () => {
        const seed = 21;
        const draw = new Draw(seed, "rollups");
        const fine = simulated(seed);
        const events = [...fine, ...amendments(fine, draw)];
        assert.ok(events.length > fine.length + 5, "nothing is amended");
        let kills = 0;
        for (const batch of batches(disturbed(events, draw), 4, draw)) {
            // A block may become visible long after the time its rows carry.
            await warehouse.store(batch, Date.now() - draw.int([0, 20_000]));
            kills += await settleKilled(host.client, draw);
        }
        assert.ok(kills > 2, `killed only ${String(kills)} times`);
        await assertAllEqual(warehouse, events);
    });
});
