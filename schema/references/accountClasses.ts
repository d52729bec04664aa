// Accounts that rules treat on their own terms: makers, house, arbitrage, test.
import { oneOf, optional, reference, text, time } from "../dsl";

export const accountClasses = reference("account_classes", {
    description: "Class of an account, from event_time on",
    columns: {
        account_id: text("Account", { personal: true }),
        class: oneOf(["ordinary", "maker", "house", "arbitrage", "test"], "Class"),
        reason: text("Why, with the agreement's or ticket's name"),
        approved_by: text("Who approved it"),
        expires_at: optional(time("When the class ends by itself")),
    },
    key: ["account_id"],
});
