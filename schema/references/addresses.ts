// Blockchain addresses the venue knows: its own, its users' deposit addresses, and others by name.
import { flag, label, oneOf, optional, reference, text } from "../dsl";

export const addresses = reference("addresses", {
    description: "Known address, from event_time on; active false retires it",
    columns: {
        chain: label("Chain"),
        address: text("Address", { personal: true }),
        role: oneOf(
            ["hot_wallet", "cold_wallet", "treasury", "deposit", "exchange", "contract", "sanctioned"],
            "What it is",
        ),
        user_id: optional(text("User whose deposit address it is", { personal: true })),
        name: optional(label("Name of the owner, e.g. another exchange")),
        active: flag("Whether it is in use"),
    },
    key: ["chain", "address"],
});
