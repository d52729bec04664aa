// Fills on our venue with both sides, maker and taker; corrections and busts are further versions of the same trade.
import { decimal, fact, integer, label, oneOf, text } from "../dsl";

export const userTrades = fact("user_trades", {
    description: "Trade between two accounts of our venue",
    columns: {
        venue: label("Our venue or market segment"),
        symbol: label("Instrument"),
        trade_id: text("The matching engine's trade id"),
        trade_version: integer("1 for the trade as executed, one more for each correction or bust", 32),
        status: oneOf(["executed", "corrected", "busted"], "What this version says of the trade"),
        price: decimal("Price, quote asset"),
        quantity: decimal("Quantity, base asset"),
        taker_side: oneOf(["buy", "sell"], "Side of the order that took liquidity"),
        maker_user_id: text("Pseudonymous id of the maker", { personal: true }),
        maker_account_id: text("Account of the maker", { personal: true }),
        maker_order_id: text("Order that rested in the book"),
        maker_fee: decimal("Fee the maker paid, negative for a rebate"),
        maker_fee_asset: label("Asset of the maker's fee"),
        taker_user_id: text("Pseudonymous id of the taker", { personal: true }),
        taker_account_id: text("Account of the taker", { personal: true }),
        taker_order_id: text("Order that took liquidity"),
        taker_fee: decimal("Fee the taker paid, negative for a rebate"),
        taker_fee_asset: label("Asset of the taker's fee"),
    },
    identity: ["venue", "symbol", "trade_id", "trade_version"],
    entity: ["symbol", "venue"],
    key: ["venue", "symbol"],
});
