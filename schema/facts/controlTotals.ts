// What sources say they have sent, hour by hour: the only way to see an event that never came at all.
import { decimal, fact, integer, label, optional, time } from "../dsl";

export const controlTotals = fact("control_totals", {
    description: "Control total a source posts over the events it sent of an hour, to be compared with the facts",
    columns: {
        fact: label("Fact the total is about"),
        symbol: optional(label("Symbol, or asset of deposits and withdrawals; absent: all of the source's events")),
        hour: time("Start of the hour of event_time that is counted"),
        revision: integer("1 for the first total of the hour, one more for each correction; the highest counts", 32),
        events: integer("Events of the hour, each identity counted once"),
        quantity: optional(
            decimal("Sum of the fact's quantity or amount over these events; absent where it has none", 76, 18),
        ),
        first_seq: optional(integer("Lowest source_seq of these events, where the source counts them")),
        last_seq: optional(integer("Highest source_seq of these events: shows what is missing at the end")),
    },
    identity: ["source_id", "fact", "symbol", "hour", "revision"],
    entity: ["source_id", "fact"],
    key: ["source_id"],
    pace: "relaxed",
});
