// Where all parts of the simulation write what happened; it adds the envelope and keeps the order of event times.
import { type Declaration, envelope, type Event } from "../../../schema";
import { type AnyEvent } from "../../shared/publisher";
import { type Schedule } from "./schedule";
import { iso } from "./time";

/** An event of the simulation, ready for its topic. */
export interface SimulatedEvent {
    readonly declaration: Declaration;
    readonly event: AnyEvent;
}

/** A fact's own columns. */
export type Body<D extends Declaration> = Omit<Event<D>, keyof typeof envelope>;

/** Collects events. Each fact is a source of its own (simulator/<fact>), which counts its events from 1, without a gap, within the run. */
export class Journal {
    private readonly sequences = new Map<string, number>();
    private events: SimulatedEvent[] = [];

    constructor(
        private readonly schedule: Schedule,
        private readonly run: string,
    ) {}

    /** Events not yet taken. */
    get length(): number {
        return this.events.length;
    }

    /** Writes an event of this moment; `part` makes a part of the fact a source of its own, where events are counted by part. */
    add<D extends Declaration>(declaration: D, body: Body<D>, part?: string): void {
        const source = part === undefined ? declaration.name : `${declaration.name}/${part}`;
        const sequence = (this.sequences.get(source) ?? 0) + 1;
        this.sequences.set(source, sequence);
        const event = {
            event_id: "",
            event_time: iso(this.schedule.now),
            source_id: `simulator/${source}`,
            source_seq: String(sequence),
            origin: "synthetic",
            run_id: this.run,
            ...body,
        };
        event.event_id = declaration.eventId(event);
        this.events.push({ declaration, event });
    }

    /** Takes out what was written so far. */
    take(): SimulatedEvent[] {
        const { events } = this;
        this.events = [];
        return events;
    }
}
