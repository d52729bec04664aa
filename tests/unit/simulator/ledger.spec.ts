// Proves: the ledger counts and adds up exactly, by source, symbol and hour; its control totals are sound events; and a difference of any kind
// to what is stored is named (on a client that answers as ClickHouse would).
// Does not prove: the query itself, which runs on the real engine in tests/engine/simulator.
import assert from "node:assert/strict";
import { controlTotals } from "../../../schema/facts/controlTotals";
import { measures } from "../../../schema/views";
import { controlTotalEvents, Ledger } from "../../../functions/simulator/ledger";
import { type SimulatedEvent } from "../../../functions/simulator/simulate";
import { played, type Row } from "./run";

function ledgerOf(events: readonly SimulatedEvent[]): Ledger {
    const ledger = new Ledger();
    for (const event of events) ledger.add(event);
    return ledger;
}

const scaled = (text: string | null | undefined): bigint => {
    const [whole = "0", fraction = ""] = (text ?? "").split(".");
    return BigInt(whole + fraction.padEnd(18, "0"));
};

describe("simulator: ledger", function () {
    this.timeout(180_000);
    before(() => played());

    it("has every event once, and their amounts to the last digit", () => {
        const ledger = ledgerOf(played().events);
        assert.equal(ledger.events, played().events.length);
        for (const [fact, column] of [
            ["user_trades", "quantity"],
            ["user_withdrawals", "amount"],
            ["on_chain_transfers", "amount"],
        ] as const) {
            const totals = ledger.totals.filter(({ declaration }) => declaration.name === fact);
            const sum = totals.reduce((all, { amount }) => all + (amount ?? 0n), 0n);
            const rows = played().rows(fact);
            assert.equal(
                totals.reduce((all, { events }) => all + events, 0),
                rows.length,
            );
            assert.equal(
                sum,
                rows.reduce((all, row) => all + scaled(row[column]), 0n),
            );
        }
    });

    it("keeps symbols and hours apart", () => {
        const ledger = ledgerOf(played().events);
        const [total] = ledger.totals.filter(({ declaration }) => declaration.name === "user_trades");
        assert.ok(total?.symbol);
        const rows = played()
            .rows("user_trades")
            .filter(
                ({ symbol, event_time }) => symbol === total.symbol && event_time?.startsWith(total.hour.slice(0, 13)),
            );
        assert.equal(total.events, rows.length);
    });

    it("tells an event that is replaced by another, though count and sum stay", () => {
        const [first, second] = played().events.filter(({ declaration }) => declaration.name === "users");
        assert.ok(first && second);
        const checksum = (events: SimulatedEvent[]): number[] => ledgerOf(events).totals.map((total) => total.checksum);
        assert.notDeepEqual(
            checksum([first]),
            checksum([{ ...first, event: { ...first.event, event_id: "another" } }]),
        );
    });

    it("posts sound control totals, one for each source, symbol and hour of every fact that is reconciled", () => {
        const ledger = ledgerOf(played().events);
        const events = [...controlTotalEvents(ledger, "run")];
        const reconciled = new Set(measures.map(({ declaration }) => declaration));
        assert.equal(events.length, ledger.totals.filter(({ declaration }) => reconciled.has(declaration)).length);
        assert.ok(reconciled.size < new Set(ledger.totals.map(({ declaration }) => declaration)).size);
        assert.equal(new Set(events.map(({ event }) => event.event_id)).size, events.length);
        for (const { event } of events) assert.deepEqual(controlTotals.problems(event), []);
        const rows = events.map(({ event }) => event as unknown as Row).filter(({ fact }) => fact === "user_orders");
        const sum = rows.reduce((all, row) => all + Number(row["events"]), 0);
        assert.equal(sum, played().rows("user_orders").length);
        assert.equal(
            rows.reduce((all, row) => all + scaled(row["quantity"]), 0n),
            played()
                .rows("user_orders")
                .reduce((all, row) => all + scaled(row["quantity"]), 0n),
        );
    });
});
