// Best bid and ask of a symbol, at each change (Binance bookTicker).
import { decimal, fact, integer, label } from "../dsl";

export const bookTickers = fact("book_tickers", {
    description: "Best bid and ask on a venue",
    columns: {
        venue: label("Venue that published it, e.g. binance"),
        symbol: label("Instrument as the venue spells it, e.g. BTCUSDT"),
        update_id: integer("The venue's order-book update id"),
        bid_price: decimal("Best bid"),
        bid_quantity: decimal("Quantity at the best bid, base asset"),
        ask_price: decimal("Best ask"),
        ask_quantity: decimal("Quantity at the best ask, base asset"),
    },
    identity: ["venue", "symbol", "update_id"],
    entity: ["venue", "symbol"],
    key: ["venue", "symbol"],
    staleAfterMinutes: 5,
    packing: { maxEvents: 100, maxBytes: 256 * 1024, lingerMs: 20 },
});
