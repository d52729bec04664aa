// Who trades: pseudonymous users and what the venue knows of them.
import { label, oneOf, reference, text, time } from "../dsl";

export const users = reference("users", {
    description: "User, from event_time on",
    columns: {
        user_id: text("Pseudonymous id", { personal: true }),
        status: oneOf(["active", "restricted", "suspended", "closed"], "Status"),
        kyc_tier: label("Tier of the identity check, e.g. tier1"),
        country: label("ISO 3166-1 alpha-2 country of residence", { personal: true }),
        created_at: time("When the user signed up"),
    },
    key: ["user_id"],
});
