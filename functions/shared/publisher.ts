// Where producers hand their events over; what happens behind it (packing, buffering, Kafka) is not their business.
import { type Declaration } from "../../schema";

/** Any wire event: the envelope fields the way out needs to know, and the fact's own. */
export type AnyEvent = Readonly<Record<string, unknown>> & {
    readonly event_id: string;
    readonly event_time: string;
    readonly origin: string;
    readonly source_seq?: string | null | undefined;
    readonly run_id?: string | null | undefined;
};

/** Takes events of any fact. */
export interface EventPublisher {
    /** Takes an event; returns at once, whatever the state of Kafka. Events of one Kafka key keep their order. */
    publish(declaration: Declaration, event: AnyEvent): void;
}
