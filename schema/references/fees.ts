// Fee schedule per venue, symbol and tier.
import { decimal, label, reference } from "../dsl";

export const fees = reference("fees", {
    description: "Fee rates, from event_time on",
    columns: {
        venue: label("Venue"),
        symbol: label("Instrument, * for all"),
        tier: label("Fee tier of the account"),
        maker_rate: decimal("Maker fee as a share of the quote amount; negative is a rebate", 9, 8),
        taker_rate: decimal("Taker fee as a share of the quote amount", 9, 8),
    },
    key: ["venue", "symbol", "tier"],
});
