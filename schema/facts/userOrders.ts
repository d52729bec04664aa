// The life of each order on our venue, one row per state it takes (FIX ExecType, Binance executionReport).
import { decimal, fact, label, oneOf, optional, text, time } from "../dsl";

export const userOrders = fact("user_orders", {
    description: "State change of an order of a user",
    columns: {
        venue: label("Our venue or market segment"),
        symbol: label("Instrument"),
        order_id: text("The matching engine's order id"),
        client_order_id: optional(text("The id the client gave it")),
        revision: text("Number of the state change within the order, as the engine counts it"),
        state: oneOf(
            ["new", "partially_filled", "filled", "cancelled", "rejected", "amended", "expired"],
            "State the order is in after the event",
        ),
        reason: optional(
            oneOf(
                [
                    "user",
                    "self_trade_prevention",
                    "expiry",
                    "liquidation",
                    "admin",
                    "insufficient_balance",
                    "risk_limit",
                    "other",
                ],
                "Why it was cancelled, expired or rejected",
            ),
        ),
        replaced_order_id: optional(text("The order this one replaces, where it came from an amendment")),
        user_id: text("Pseudonymous id of the user", { personal: true }),
        account_id: text("Account the order belongs to", { personal: true }),
        sub_account_id: optional(text("Sub-account", { personal: true })),
        api_key_id: optional(text("Id (not the secret) of the API key that sent it", { personal: true })),
        session_id: optional(text("Session that sent it", { personal: true })),
        side: oneOf(["buy", "sell"], "Side"),
        type: oneOf(
            ["limit", "market", "stop", "stop_limit", "take_profit", "take_profit_limit", "trailing_stop", "post_only"],
            "Order type",
        ),
        time_in_force: oneOf(["gtc", "ioc", "fok", "gtd", "day"], "How long it stays in the book"),
        price: optional(decimal("Limit price, quote asset")),
        stop_price: optional(decimal("Trigger price, quote asset")),
        quantity: decimal("Ordered quantity, base asset"),
        filled_quantity: decimal("Quantity filled so far, base asset"),
        average_price: optional(decimal("Average price of the fills so far, quote asset")),
        best_bid: optional(decimal("Best bid when the order was accepted")),
        best_ask: optional(decimal("Best ask when the order was accepted")),
        accepted_at: optional(time("When the engine accepted the order")),
    },
    identity: ["venue", "symbol", "order_id", "revision"],
    entity: ["symbol", "user_id"],
    key: ["account_id"],
});
