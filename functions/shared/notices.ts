// What a producer says of its own stream, as events of source_notices: gaps, resyncs, reconnects, and what had to be dropped.
import { type Event, sourceNotices } from "../../schema";
import { type Loss } from "./losses";

/** An event of source_notices. */
export type Notice = Event<typeof sourceNotices>;

/** What a notice says; what is left out is null, and the origin `live`. */
export type NoticeBody = Pick<Notice, "fact" | "kind" | "detail"> &
    Partial<Pick<Notice, "origin" | "run_id" | "venue" | "symbol" | "first" | "last" | "events">>;

const nothing = { venue: null, symbol: null, first: null, last: null, events: null, run_id: null };

/** Makes a notice of the moment `at`. */
export function notice(sourceId: string, at: Date, body: NoticeBody): Notice {
    const event = {
        origin: "live" as const,
        source_seq: null,
        original_time: null,
        ...nothing,
        ...body,
        source_id: sourceId,
        event_time: at.toISOString(),
    };
    return { ...event, event_id: sourceNotices.eventId(event) };
}

/** The notice of a loss; `first` and `last` are sequence numbers where the events have them, else event times. */
export function lossNotice(loss: Loss, sourceId: string, at: Date): Notice {
    const [venue, symbol] = loss.key.split("|");
    const market = symbol !== undefined;
    return notice(sourceId, at, {
        origin: loss.origin as Notice["origin"],
        run_id: loss.run,
        fact: loss.fact,
        kind: loss.kind,
        venue: market ? venue : null,
        symbol: market ? symbol : null,
        first: loss.firstSeq ?? loss.firstTime,
        last: loss.lastSeq ?? loss.lastTime,
        events: String(loss.events),
        detail: `${loss.kind} ${loss.events} events (${loss.bytes} bytes) of ${loss.key} from ${loss.firstTime} to ${loss.lastTime}: ${loss.reason}`,
    });
}
