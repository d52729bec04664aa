// Proves: for random streams of commands the matching engine does exactly what the rules written down plainly do (price-time priority, order
// types, prevention modes, amendments), never crosses its book, loses no lot, and tells of every level. Single cases pin the words down.
// Does not prove: speed, nor anything of accounts and money, which the engine does not know.
import assert from "node:assert/strict";
import fc from "fast-check";
import { type OrderRequest } from "../../../functions/simulator/engine/orders";
import { type Command, commands, PlainVenue, Recorder, type Report } from "./commands";

const runs = { numRuns: 500 };

function played(stream: readonly Command[]): Recorder {
    const recorder = new Recorder();
    for (const command of stream) recorder.run(command);
    return recorder;
}

describe("simulator: matching engine, properties", () => {
    it("does what the plain model of the rules does, report for report", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                const plain = new PlainVenue();
                for (const command of stream) plain.run(command);
                assert.deepEqual(played(stream).reports, plain.reports);
            }),
            runs,
        );
    });

    it("is never crossed", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                const recorder = new Recorder();
                for (const command of stream) {
                    recorder.run(command);
                    const { bestBid, bestAsk } = recorder.engine;
                    assert.ok(bestBid === undefined || bestAsk === undefined || bestBid < bestAsk);
                }
            }),
            runs,
        );
    });

    it("keeps every lot: ordered = filled + resting + ended, and both sides fill the same", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                const { orders, reports, engine } = played(stream);
                const filled = (side: string): number =>
                    orders.reduce((sum, { request, filled }) => sum + (request.side === side ? filled : 0), 0);
                const traded = reports.reduce(
                    (sum, report) => sum + (report.what === "traded" ? report.quantity : 0),
                    0,
                );
                assert.equal(filled("buy"), traded);
                assert.equal(filled("sell"), traded);
                const gone = new Set(
                    reports.flatMap((r) => (r.what === "ended" || r.what === "rejected" ? [r.order] : [])),
                );
                for (const order of orders) {
                    assert.ok(order.filled >= 0 && order.filled <= order.quantity);
                    const open = order.remaining > 0 && !gone.has(order.request.id);
                    assert.equal(order.level !== undefined, open, order.request.id);
                }
                for (const side of ["buy", "sell"] as const)
                    for (const level of engine.levels(side)) {
                        let lots = 0;
                        for (let order = level.oldest; order !== undefined; order = order.behind)
                            lots += order.remaining;
                        assert.equal(level.quantity, lots);
                    }
            }),
            runs,
        );
    });

    it("tells of every level, so that a listener has the book", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                const { engine, levels } = played(stream);
                const book = (["buy", "sell"] as const).flatMap((side) =>
                    [...engine.levels(side)].map(
                        ({ price, quantity }) => [`${side}@${String(price)}`, quantity] as const,
                    ),
                );
                assert.deepEqual(new Map([...levels].sort()), new Map([...book].sort()));
            }),
            runs,
        );
    });

    it("fills at the maker's price, within the taker's limit, and never within a group that prevents it", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                const { orders, reports } = played(stream.filter((command) => command.do !== "amend"));
                const request = (id: string): OrderRequest | undefined => orders[Number(id.slice(1))]?.request;
                for (const report of reports) {
                    if (report.what !== "traded") continue;
                    const [maker, taker] = [request(report.maker), request(report.taker)];
                    assert.ok(maker && taker);
                    assert.equal(report.price, maker.price);
                    assert.ok(taker.side === "buy" ? report.price <= taker.price : report.price >= taker.price);
                    assert.ok(taker.prevention === "none" || maker.group !== taker.group);
                }
            }),
            runs,
        );
    });

    it("fills a fill-or-kill order whole or not at all, and lets none of them rest", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                for (const { request, filled, quantity, level } of played(stream).orders) {
                    if (request.timeInForce === "fok") assert.ok(filled === 0 || filled === quantity);
                    if (request.timeInForce !== "gtc" || request.type === "market") assert.equal(level, undefined);
                }
            }),
            runs,
        );
    });

    it("does the same again for the same commands", () => {
        fc.assert(
            fc.property(commands, (stream) => {
                assert.deepEqual(played(stream).reports, played(stream).reports);
            }),
            { numRuns: 100 },
        );
    });
});

describe("simulator: matching engine, cases", () => {
    const limit = (
        side: "buy" | "sell",
        price: number,
        quantity: number,
        more: Partial<OrderRequest> = {},
    ): Command => ({
        do: "submit",
        request: {
            side,
            price,
            quantity,
            type: "limit",
            timeInForce: "gtc",
            group: 0,
            prevention: "none",
            ...more,
        },
    });
    const after = (...stream: Command[]): Report[] => played(stream).reports.filter(({ what }) => what !== "accepted");
    const trade = (maker: string, taker: string, price: number, quantity: number): Report => ({
        what: "traded",
        maker,
        taker,
        price,
        quantity,
    });
    const ended = (order: string, why: string): Report => ({ what: "ended", order, why });
    const prevented = (quantity: number): Report => ({ what: "prevented", maker: "o0", taker: "o1", quantity });
    const stp = (prevention: OrderRequest["prevention"]): Report[] =>
        after(limit("sell", 100, 5, { group: 1 }), limit("buy", 100, 8, { group: 1, prevention }));

    it("better price first, then the older order", () => {
        const makers = [limit("sell", 101, 5), limit("sell", 100, 5), limit("sell", 100, 5)];
        assert.deepEqual(after(...makers, limit("buy", 101, 12)), [
            trade("o1", "o3", 100, 5),
            trade("o2", "o3", 100, 5),
            trade("o0", "o3", 101, 2),
        ]);
    });

    it("less quantity keeps the place in the queue, more quantity loses it", () => {
        const makers = [limit("sell", 100, 5), limit("sell", 100, 5)];
        const less: Command = { do: "amend", pick: 0, price: 100, quantity: 3 };
        const more: Command = { do: "amend", pick: 0, price: 100, quantity: 6 };
        const amended: Report = { what: "amended", order: "o0", why: "user" };
        assert.deepEqual(after(...makers, less, limit("buy", 100, 4)), [
            amended,
            trade("o0", "o2", 100, 3),
            trade("o1", "o2", 100, 1),
        ]);
        assert.deepEqual(after(...makers, more, limit("buy", 100, 4)), [amended, trade("o1", "o2", 100, 4)]);
    });

    it("an amendment that crosses trades, one of a post-only order is refused", () => {
        const post = limit("buy", 99, 5, { type: "post_only" });
        const cross: Command = { do: "amend", pick: 1, price: 100, quantity: 5 };
        assert.deepEqual(after(limit("sell", 100, 2), limit("buy", 99, 5), cross).slice(1), [
            trade("o0", "o1", 100, 2),
        ]);
        assert.deepEqual(after(limit("sell", 100, 2), post, cross), []);
    });

    it("prevention by each mode", () => {
        assert.deepEqual(stp("cancel_newest"), [prevented(5), ended("o1", "self_trade_prevention")]);
        assert.deepEqual(stp("cancel_oldest"), [prevented(5), ended("o0", "self_trade_prevention")]);
        assert.deepEqual(stp("cancel_both"), [
            prevented(5),
            ended("o0", "self_trade_prevention"),
            ended("o1", "self_trade_prevention"),
        ]);
        assert.deepEqual(stp("decrement"), [
            prevented(5),
            ended("o0", "self_trade_prevention"),
            { what: "amended", order: "o1", why: "self_trade_prevention" },
        ]);
        assert.deepEqual(stp("none"), [trade("o0", "o1", 100, 5)]);
    });

    it("refuses what is no order, and what would not stay exact", () => {
        const bad = [0, -1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER].map((quantity) => limit("buy", 100, quantity));
        assert.deepEqual(
            after(...bad).map((report) => report.what),
            bad.map(() => "rejected"),
        );
    });
});
