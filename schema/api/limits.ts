// What one request to the gateway may hold; part of the interface, so that a producer can size its batches by it.

const kibibyte = 1024;

/** Limits of the gateway's interface. */
export const limits = {
    /** Bytes of a request body on the routes for producers. */
    bodyBytes: 5 * 1024 * kibibyte,
    /** Bytes of one event: with its key well under any topic's limit. */
    eventBytes: 1024 * kibibyte,
    /** Events in a batch: each has a line of its own in the answer. */
    events: 10_000,
    /** Posts in a batch: each may become many rows. */
    posts: 100,
    /** Bytes of a browser's report: what navigator.sendBeacon takes. */
    actionsBytes: 64 * kibibyte,
    /** Actions in a browser's report. */
    actions: 100,
} as const;
