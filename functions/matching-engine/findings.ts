// What went wrong in a batch, told once: a notice per kind and fact with the range it covers, not one per line.
import { notice, type Notice } from "../shared/notices";

type Kind = "gap" | "resync" | "malformed" | "rejected";

/** Different reasons a notice names. */
const shownReasons = 3;

interface Finding {
    readonly kind: Kind;
    readonly fact: string;
    readonly first: string;
    last: string;
    events: bigint;
    readonly reasons: Set<string>;
}

/** Collects findings of a batch. */
export class Findings {
    private readonly found = new Map<string, Finding>();

    /** @param facts what a finding is about when it is about no fact in particular */
    constructor(private readonly facts: string) {}

    /** A record that could not be read, or did not become an event. `at` says where it is. */
    add(kind: "malformed" | "rejected", fact: string | undefined, at: string, reason: string): void {
        const about = fact ?? this.facts;
        const slot = `${kind}\n${about}`;
        const known = this.found.get(slot);
        if (known === undefined) {
            this.found.set(slot, { kind, fact: about, first: at, last: at, events: 1n, reasons: new Set([reason]) });
            return;
        }
        known.last = at;
        known.events += 1n;
        if (known.reasons.size < shownReasons) known.reasons.add(reason);
    }

    /** A range of records that never came, or a counter that began anew. */
    range(kind: "gap" | "resync", first: bigint, last: bigint, reason: string): void {
        const events = kind === "gap" ? last - first + 1n : 0n;
        const reasons = new Set([reason]);
        this.found.set(`${kind}\n${reason}\n${String(first)}`, {
            ...{ kind, fact: this.facts, first: String(first), last: String(last), events, reasons },
        });
    }

    /** All of it as notices of a source. */
    notices(sourceId: string, at: Date): Notice[] {
        return [...this.found.values()].map(({ kind, fact, first, last, events, reasons }) => {
            const words = [...reasons].join(" | ").slice(0, 1_000);
            const where =
                kind === "malformed" || kind === "rejected" ? `${String(events)} of ${first} to ${last}: ` : "";
            return notice(sourceId, at, {
                ...{ fact, kind, first, last, detail: where + words },
                ...(kind === "resync" ? {} : { events: String(events) }),
            });
        });
    }
}
