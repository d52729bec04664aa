// Public trades of a venue, one row per trade id (Binance trade).
import { decimal, fact, label, oneOf, text } from "../dsl";

export const marketTrades = fact("market_trades", {
    description: "Public trade on a venue",
    columns: {
        venue: label("Venue of the trade, e.g. binance"),
        symbol: label("Instrument as the venue spells it, e.g. BTCUSDT"),
        trade_id: text("The venue's trade id, unique per symbol"),
        price: decimal("Price in the quote asset"),
        quantity: decimal("Quantity in the base asset"),
        taker_side: oneOf(["buy", "sell"], "Side of the order that took liquidity"),
    },
    identity: ["venue", "symbol", "trade_id"],
    entity: ["venue", "symbol"],
    key: ["venue", "symbol"],
    staleAfterMinutes: 5,
    packing: { maxEvents: 100, maxBytes: 256 * 1024, lingerMs: 20 },
});
