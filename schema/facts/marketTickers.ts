// Rolling 24 h statistics per symbol, as venues publish them every second (Binance 24hrMiniTicker).
import { decimal, fact, label } from "../dsl";

export const marketTickers = fact("market_tickers", {
    description: "Rolling 24 h ticker of a symbol on a venue",
    columns: {
        venue: label("Venue that published it, e.g. binance"),
        symbol: label("Instrument as the venue spells it, e.g. BTCUSDT"),
        last_price: decimal("Price of the last trade"),
        open_price: decimal("Price 24 h ago"),
        high_price: decimal("Highest price of the last 24 h"),
        low_price: decimal("Lowest price of the last 24 h"),
        base_volume: decimal("Volume of the last 24 h in the base asset"),
        quote_volume: decimal("Volume of the last 24 h in the quote asset"),
    },
    identity: ["venue", "symbol", "event_time"],
    entity: ["venue", "symbol"],
    key: ["venue", "symbol"],
    staleAfterMinutes: 5,
    packing: { maxEvents: 100, maxBytes: 256 * 1024, lingerMs: 20 },
});
