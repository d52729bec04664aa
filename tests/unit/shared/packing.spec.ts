// Proves: packing keeps the order per key, loses and repeats nothing, and keeps to its limits. Not: what Kafka does with the messages.
import assert from "node:assert/strict";
import fc from "fast-check";
import { bookTickers, marketTrades, sourceNotices } from "../../../schema";
import { Packer, type Packet, packetValue } from "../../../functions/shared/packing";
import { type AnyEvent } from "../../../functions/shared/publisher";

const event = (symbol: string, id: number, filler = 0): AnyEvent & { symbol: string } => ({
    event_id: String(id),
    event_time: "2026-01-01T00:00:00.000Z",
    origin: "live",
    venue: "v",
    symbol,
    trade_id: String(id),
    filler: "x".repeat(filler),
});

function add(packer: Packer, item: AnyEvent, declaration = marketTrades as Parameters<Packer["add"]>[0]): Packet[] {
    const line = JSON.stringify(item);
    return packer.add(declaration, item, line, Buffer.byteLength(line));
}

const packing = { maxEvents: 5, maxBytes: 1_000, lingerMs: 20 };
const small = { ...marketTrades, packing };

describe("packing", () => {
    it("keeps order per key, loses nothing and keeps to maxEvents and maxBytes, whatever comes", () => {
        const items = fc.array(
            fc.record({ symbol: fc.constantFrom("A", "B", "C"), filler: fc.nat(1_500), tick: fc.nat(30) }),
        );
        fc.assert(
            fc.property(items, (list) => {
                let now = 0;
                const packer = new Packer(() => now);
                const packets: Packet[] = [];
                list.forEach(({ symbol, filler, tick }, id) => {
                    now += tick;
                    packets.push(...packer.takeDue(), ...add(packer, event(symbol, id, filler), small));
                });
                packets.push(...packer.takeDue(true));
                assert.equal(packer.openBytes, 0);
                for (const packet of packets) {
                    assert.ok(packet.lines.length <= packing.maxEvents);
                    assert.equal(packet.bytes, Buffer.byteLength(packetValue(packet)));
                    if (packet.lines.length > 1) assert.ok(packet.bytes <= packing.maxBytes);
                }
                for (const symbol of ["A", "B", "C"]) {
                    const sent = packets
                        .filter(({ key }) => key === `v|${symbol}`)
                        .flatMap((packet) => packetValue(packet).split("\n"))
                        .map((line) => Number((JSON.parse(line) as { trade_id: string }).trade_id));
                    const given = list.flatMap((item, id) => (item.symbol === symbol ? [id] : []));
                    assert.deepEqual(sent, given);
                }
            }),
        );
    });

    it("sends what lingered long enough, full or not", () => {
        let now = 0;
        const packer = new Packer(() => now);
        assert.equal(packer.waitMs, undefined);
        assert.deepEqual(add(packer, event("A", 1), small), []);
        now = 5;
        assert.deepEqual(add(packer, event("A", 2), small), []);
        assert.equal(packer.waitMs, 15);
        assert.deepEqual(packer.takeDue(), []);
        now = 20;
        const [packet] = packer.takeDue();
        assert.equal(packet?.lines.length, 2);
        assert.equal(packer.waitMs, undefined);
    });

    it("gives an event over maxBytes a message of its own, after what came before it", () => {
        const packer = new Packer(() => 0);
        add(packer, event("A", 1), small);
        const packets = add(packer, event("A", 2, 5_000), small);
        assert.deepEqual(
            packets.map(({ lines }) => lines.length),
            [1, 1],
        );
    });

    it("packs only facts that are declared so, and never two facts or keys together", () => {
        const packer = new Packer(() => 0);
        assert.equal(add(packer, event("A", 1), sourceNotices).length, 1);
        add(packer, event("A", 1), small);
        add(packer, event("B", 1), small);
        add(packer, event("A", 1), bookTickers);
        assert.deepEqual(
            packer.takeDue(true).map(({ declaration, key, lines }) => [declaration.name, key, lines.length]),
            [
                ["market_trades", "v|A", 1],
                ["market_trades", "v|B", 1],
                ["book_tickers", "v|A", 1],
            ],
        );
    });
});
