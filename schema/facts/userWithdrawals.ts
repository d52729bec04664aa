// Money and tokens going out, one row per state.
import { decimal, fact, ipAddress, label, oneOf, optional, text } from "../dsl";

export const userWithdrawals = fact("user_withdrawals", {
    description: "State change of a withdrawal",
    columns: {
        withdrawal_id: text("The ledger's withdrawal id"),
        state: oneOf(["requested", "approved", "sent", "failed", "cancelled"], "State after the event"),
        user_id: text("Pseudonymous id of the user", { personal: true }),
        account_id: text("Account debited", { personal: true }),
        asset: label("Asset, e.g. USDT"),
        amount: decimal("Amount in the asset"),
        fee: optional(decimal("Network or service fee in the asset")),
        network: optional(label("Blockchain or payment network")),
        address: optional(text("Destination", { personal: true })),
        transaction_hash: optional(text("Transaction on the chain, once sent")),
        ip: optional(ipAddress("Address the request came from")),
        session_id: optional(text("Session that asked for it", { personal: true })),
        balance_after: optional(decimal("Balance of the asset after the event")),
    },
    identity: ["withdrawal_id", "state"],
    entity: ["user_id"],
    key: ["account_id"],
});
