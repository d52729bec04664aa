// What the gateway answers: a receipt with one result per event, or the problem that kept the whole request out.
import { z } from "zod";

/** What became of one event. */
const result = z.strictObject({
    line: z.int().min(1).describe("Line of the batch, from 1; blank lines count, yet have no result"),
    status: z
        .enum(["accepted", "rejected"])
        .describe("accepted: acknowledged by all in-sync replicas of Kafka; rejected: not stored, see the reasons"),
    event_id: z
        .string()
        .nullable()
        .describe(
            "Identity of the event, by which a resend is the same event; null where it cannot be told, and for a post",
        ),
    reasons: z.array(z.string()).optional().describe("Why it was rejected: field, what is wrong"),
});

/** Answer to a request whose events were looked at. */
export const receipt = z.strictObject({
    accepted: z.int().min(0).describe("Number of accepted events"),
    rejected: z.int().min(0).describe("Number of rejected events"),
    results: z.array(result).describe("In the order of the lines"),
});

/** Answer to a request of which nothing was stored (RFC 9457). */
export const problem = z.strictObject({
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe("What is wrong, what was found, and what to do"),
});

export type Receipt = z.output<typeof receipt>;
export type Result = z.output<typeof result>;
export type Problem = z.output<typeof problem>;
