// From what a producer sent to what is stored: each event is completed, checked by the catalogue, and accepted or rejected by itself.
import { type Declaration } from "../../schema";
import { limits } from "../../schema/api";
import { type Line } from "./lines";

/** Why an event was rejected, in one word for the metrics. */
export type Fault = "encoding" | "json" | "size" | "fields" | "time" | "identity" | "source" | "token" | "broker";

/** What may be sent: one message for an event, several for what becomes several rows. */
export interface Sound {
    /** Identity; null for what becomes several rows, each with its own. */
    readonly eventId: string | null;
    readonly messages: readonly { readonly key: string; readonly value: string }[];
}

/** What may not. */
export interface Faulty {
    readonly fault: Fault;
    readonly eventId: string | null;
    readonly reasons: string[];
}

export type Verdict = Sound | Faulty;

/** Last step before an event is checked, for facts the gateway knows more about. */
export type Enrich = (declaration: Declaration, event: Record<string, unknown>) => Record<string, unknown>;

/** What is known here of events beside the catalogue. */
export interface Knowledge {
    readonly enrich: Enrich;
    /** How far ahead of the clock an event_time may be, hours: one beyond it would become a dead letter. */
    readonly futureHours: number;
    /** The clock, milliseconds since 1970. */
    readonly now: () => number;
}

const hourMs = 3_600_000;
const shownReasons = 5;
const shownLetters = 300;

const shorten = (text: string): string => (text.length > shownLetters ? `${text.slice(0, shownLetters)}…` : text);

/** At most a few reasons of bounded length: a line of two bytes must not cause kilobytes of answer. */
function reasonsOf(problems: readonly string[]): string[] {
    const shown = problems.slice(0, shownReasons).map(shorten);
    const hidden = problems.length - shown.length;
    return hidden > 0 ? [...shown, `and ${String(hidden)} more`] : shown;
}

export const faulty = (fault: Fault, eventId: string | null, ...reasons: string[]): Faulty => ({
    fault,
    eventId,
    reasons: reasonsOf(reasons),
});

const kindOf = (value: unknown): string =>
    value === null ? "null" : Array.isArray(value) ? "a list" : `a ${typeof value}`;

/** The JSON object of a line, or why there is none. */
export function objectIn({ text }: Line): { given: Record<string, unknown> } | Faulty {
    if (text === undefined) return faulty("encoding", null, "not valid UTF-8");
    // A UTF-16 unit becomes three bytes at most: few lines need counting.
    const bytes = text.length > limits.eventBytes / 3 ? Buffer.byteLength(text) : 0;
    if (bytes > limits.eventBytes)
        return faulty("size", null, `${String(bytes)} bytes, an event may have ${String(limits.eventBytes)}`);
    let given: unknown;
    try {
        given = JSON.parse(text);
    } catch (error) {
        return faulty("json", null, `not JSON: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (typeof given === "object" && given !== null && !Array.isArray(given))
        return { given: given as Record<string, unknown> };
    const hint = Array.isArray(given) ? "; send several events as application/x-ndjson, one per line" : "";
    return faulty("json", null, `expected an object, found ${kindOf(given)}${hint}`);
}

function fillIn(event: Record<string, unknown>, name: string, value: string): void {
    if (event[name] === undefined) event[name] = value;
}

/** Judges the events of one fact for one producer. */
export class Judge {
    /** @param producer name of whoever holds the key */
    constructor(
        private readonly declaration: Declaration,
        private readonly producer: string,
        private readonly knowledge: Knowledge,
    ) {}

    /** One event as it came. */
    line(line: Line): Verdict {
        const found = objectIn(line);
        return "fault" in found ? found : this.event(found.given);
    }

    /** One event; what is left out is filled in, in the object itself. */
    event(given: Record<string, unknown>): Verdict {
        const { declaration, producer } = this;
        fillIn(given, "source_id", producer);
        fillIn(given, "origin", "live");
        const eventId = declaration.eventId(given);
        fillIn(given, "event_id", eventId);
        const event = this.knowledge.enrich(declaration, given);
        const problems = declaration.problems(event);
        if (problems.length > 0) return faulty("fields", this.knownId(event, eventId), ...problems);
        return this.own(event, eventId) ?? this.sound(event, eventId);
    }

    /** What the catalogue cannot know: the time is not far ahead, the identity is the one that follows from the event, and the source is the key's. */
    private own(event: Record<string, unknown>, eventId: string): Faulty | undefined {
        const { event_id: id, source_id: source, event_time: time } = event;
        const { futureHours, now } = this.knowledge;
        if (Date.parse(String(time)) > now() + futureHours * hourMs)
            return faulty(
                "time",
                eventId,
                `event_time: more than ${String(futureHours)} h ahead of the gateway's clock`,
            );
        if (id !== eventId)
            return faulty(
                "identity",
                eventId,
                `event_id: must be ${JSON.stringify(eventId)} or left out, found ${JSON.stringify(id)}`,
            );
        if (source !== this.producer && !String(source).startsWith(`${this.producer}/`))
            return faulty(
                "source",
                eventId,
                `source_id: this key speaks for ${this.producer} and ${this.producer}/…, found ${JSON.stringify(source)}`,
            );
        return undefined;
    }

    private sound(event: Record<string, unknown>, eventId: string): Verdict {
        const value = JSON.stringify(event);
        if (value.includes("\\ud") && hasHalfPair(event))
            return faulty(
                "encoding",
                eventId,
                "holds half of a surrogate pair (\\ud800 to \\udfff), which UTF-8 cannot say",
            );
        return { eventId, messages: [{ key: this.declaration.kafkaKey(event), value }] };
    }

    /** The identity, where all it is made of is there. */
    private knownId(event: Record<string, unknown>, eventId: string): string | null {
        return this.declaration.identity.every((name) => typeof event[name] === "string") ? eventId : null;
    }
}

/** Only lists and texts nest in an event, and only so deep as its validator allows. */
function hasHalfPair(value: unknown): boolean {
    if (typeof value === "string") return !value.isWellFormed();
    return typeof value === "object" && value !== null && Object.values(value).some(hasHalfPair);
}
