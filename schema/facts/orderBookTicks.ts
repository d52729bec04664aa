// Order books as snapshots and deltas, of reference venues and of our own: one row per update, so that a book is never half changed.
import { fact, integer, label, levels, oneOf } from "../dsl";

export const orderBookTicks = fact("order_book_ticks", {
    description:
        "Order-book snapshot or delta; a book is rebuilt from a snapshot and the deltas after it in update-id order",
    columns: {
        venue: label("Venue of the book; our own matching engine is a venue too"),
        symbol: label("Instrument as the venue spells it, e.g. BTCUSDT"),
        kind: oneOf(["snapshot", "delta"], "A snapshot replaces the book, a delta changes single levels"),
        first_update_id: integer("First update id in the tick; of a snapshot, its last update id"),
        final_update_id: integer("Last update id in the tick"),
        bids: levels("Bid levels, quantity 0 removes the level"),
        asks: levels("Ask levels, quantity 0 removes the level"),
    },
    identity: ["venue", "symbol", "kind", "final_update_id"],
    entity: ["venue", "symbol"],
    key: ["venue", "symbol"],
    staleAfterMinutes: 5,
    packing: { maxEvents: 50, maxBytes: 512 * 1024, lingerMs: 20 },
});
