// Which accounts belong together, and how sure that is.
import { decimal, flag, oneOf, reference, text } from "../dsl";

export const accountLinks = reference("account_links", {
    description: "Link between two accounts, from event_time on; active false ends it",
    columns: {
        account_id: text("One account", { personal: true }),
        linked_account_id: text("The other account", { personal: true }),
        reason: oneOf(
            ["same_user", "same_device", "same_ip", "same_address", "same_payment", "declared", "investigation"],
            "Why",
        ),
        confidence: decimal("How sure the link is, 0 to 1", 4, 3),
        active: flag("Whether the link holds"),
    },
    key: ["account_id", "linked_account_id", "reason"],
});
