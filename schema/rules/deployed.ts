// A rule as a stack holds it: what decides which alerts there are and who is told of them. Plain data with a shape of its own, since it comes back
// out of a stack's state, where a preview finds the rule as it was. It imports no rule: the provider, which every preview starts, reads it.
import { z } from "zod";

const texts = z.record(z.string(), z.string());
const whole = z.int().nonnegative();

const override = z.object({
    accountClass: z.enum(["maker", "house", "arbitrage", "test"]),
    terms: z.union([z.literal("exempt"), texts]),
    expires: z.string(),
    approver: z.string(),
    reason: z.string(),
});

/** Fields mean what they mean in RuleArgs. */
export const deployedRule = z.object({
    /** Of the rule and of its view. */
    name: z.string(),
    version: whole,
    mode: z.enum(["active", "shadow", "off"]),
    severity: z.enum(["low", "medium", "high", "critical"]),
    entity: z.enum(["user", "account", "pair", "ring", "token"]),
    owner: z.enum(["surveillance", "fraud", "operations"]),
    /** With types, as the server takes it. */
    query: z.string().min(1, "must not be empty"),
    /** Values of the rule's own parameters, by name. */
    parameters: texts,
    overrides: z.array(override),
    /** Facts whose rows can make it fire. */
    triggers: z.array(z.string()),
    lookBackMinutes: whole,
    latenessMinutes: whole,
    stepSeconds: whole,
    historyDays: whole,
    suppressionMinutes: whole,
    reason: z.string(),
});

/** A rule as a stack holds it. */
export type DeployedRule = z.infer<typeof deployedRule>;
