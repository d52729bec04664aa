// What a tier may do in a day, in the reporting currency.
import { decimal, label, optional, reference } from "../dsl";

export const limits = reference("limits", {
    description: "Limits of a tier, from event_time on",
    columns: {
        kyc_tier: label("Tier of the identity check"),
        currency: label("Reporting currency of the amounts"),
        daily_withdrawal: optional(decimal("Withdrawals per day; absent: no limit")),
        single_withdrawal: optional(decimal("One withdrawal; absent: no limit")),
        daily_deposit: optional(decimal("Deposits per day; absent: no limit")),
        reporting_threshold: optional(decimal("Amount from which a transaction is reported")),
    },
    key: ["kyc_tier", "currency"],
});
