// What a source says of itself: gaps, resyncs, and events it had to drop, so that nothing is lost silently; and heartbeats, for those who wait for it.
import { fact, integer, label, oneOf, optional, text } from "../dsl";

export const sourceNotices = fact("source_notices", {
    description: "Notice of a source about its own stream",
    columns: {
        fact: label("Fact the notice is about"),
        kind: oneOf(
            ["gap", "resync", "dropped", "reconnected", "malformed", "rejected", "heartbeat"],
            "What happened; heartbeat: all of the fact up to event_time has been sent",
        ),
        venue: optional(label("Venue, where the source is one")),
        symbol: optional(label("Symbol, where the notice is about one")),
        first: optional(text("First sequence number, update id or time concerned")),
        last: optional(text("Last sequence number, update id or time concerned")),
        events: optional(integer("How many events are concerned, where known")),
        detail: text("What happened, in words"),
    },
    identity: ["source_id", "fact", "kind", "symbol", "event_time", "first"],
    entity: ["fact", "source_id"],
    key: ["source_id"],
    pace: "relaxed",
});
