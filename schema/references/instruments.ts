// What is traded: tick, lot and trading times per instrument.
import { decimal, label, oneOf, optional, reference, time } from "../dsl";

export const instruments = reference("instruments", {
    description: "Instrument, from event_time on",
    columns: {
        venue: label("Venue"),
        symbol: label("Instrument as the venue spells it"),
        base_asset: label("Base asset"),
        quote_asset: label("Quote asset"),
        tick_size: decimal("Smallest price step, quote asset"),
        lot_size: decimal("Smallest quantity step, base asset"),
        status: oneOf(["pending", "trading", "halted", "delisted"], "Status"),
        listed_at: optional(time("Start of trading")),
        halted_at: optional(time("Start of the current halt")),
    },
    key: ["venue", "symbol"],
});
