// Money and tokens coming in, one row per state.
import { decimal, fact, label, oneOf, optional, text } from "../dsl";

export const userDeposits = fact("user_deposits", {
    description: "State change of a deposit",
    columns: {
        deposit_id: text("The ledger's deposit id"),
        state: oneOf(["detected", "confirmed", "credited", "rejected", "reversed"], "State after the event"),
        user_id: text("Pseudonymous id of the user", { personal: true }),
        account_id: text("Account credited", { personal: true }),
        asset: label("Asset, e.g. USDT"),
        amount: decimal("Amount in the asset"),
        network: optional(label("Blockchain or payment network")),
        address: optional(text("Deposit address it came in on", { personal: true })),
        transaction_hash: optional(text("Transaction on the chain")),
        balance_after: optional(decimal("Balance of the asset after the event")),
    },
    identity: ["deposit_id", "state"],
    entity: ["user_id"],
    key: ["account_id"],
});
