// Who is told of alerts and of which, as a stack's configuration says it: checked when a change is previewed and again by the worker that sends.
import { z } from "zod";

/** Severities, the most urgent first. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** Fields of an alert that can leave; which of them do is said target by target. */
export const fieldNames = [
    "id",
    "rule",
    "severity",
    "time",
    "pseudonym",
    "owner",
    "score",
    "origin",
    "entity_kind",
    "entity_id",
    "reason",
] as const;
export type FieldName = (typeof fieldNames)[number];

/** Without being told otherwise no personal data leaves. */
export const defaultFields: readonly FieldName[] = ["id", "rule", "severity", "time", "pseudonym"];

/** The bytes of a Standard Webhooks secret. */
export const secretBytes = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ""), "base64");

const common = {
    /** How routes call it. */
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "must be lower-case letters, digits and -"),
    /** Fields of an alert that may leave to it. */
    fields: z.array(z.enum(fieldNames)).default([...defaultFields]),
    /** Messages at once, and per second after that; each channel has its own default. */
    burst: z.number().int().min(1).optional(),
    perSecond: z.number().positive().optional(),
    /** Target that is told of what could not be delivered here. */
    fallback: z.string().optional(),
};

const url = z.url({ protocol: /^https?$/ });
/** Standard Webhooks 1.0: 24 to 64 random bytes. */
const signing = z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, "must be whsec_ and base64")
    .refine(
        (secret) => secretBytes(secret).length >= 24 && secretBytes(secret).length <= 64,
        "must hold 24 to 64 bytes",
    );

/** Not of what pages: nobody is to be woken by numbers. */
const reported = { weeklyReport: z.boolean().default(false) };

const target = z.discriminatedUnion("kind", [
    z.strictObject({ ...common, ...reported, kind: z.literal("slack"), url }),
    z.strictObject({
        ...common,
        ...reported,
        kind: z.literal("telegram"),
        botToken: z.string().regex(/^\d+:[\w-]+$/, "must be a bot's token like 123456:ABC-DEF"),
        chatId: z.string().min(1),
        apiUrl: url.default("https://api.telegram.org"),
    }),
    z.strictObject({ ...common, ...reported, kind: z.literal("webhook"), url, secrets: z.array(signing).min(1) }),
    z.strictObject({
        ...common,
        kind: z.literal("pagerduty"),
        routingKey: z.string().min(1),
        url: url.default("https://events.pagerduty.com/v2/enqueue"),
    }),
]);
/** A target as it is set. */
export type TargetSetting = z.output<typeof target>;

const minutes = z.number().positive();

/** Routes, as JSON. */
export const routes = z.array(
    z
        .strictObject({
            owners: z.array(z.string()).optional(),
            severities: z.array(z.enum(severities)).optional(),
            rules: z.array(z.string()).optional(),
            targets: z.array(z.string()),
            notifyAgeMinutes: minutes.optional(),
            repeatMinutes: minutes.optional(),
            escalateMinutes: minutes.optional(),
            groupWaitSeconds: z.number().positive().max(600).optional(),
            escalateTo: z.array(z.string()).min(1).optional(),
        })
        .refine((route) => (route.escalateTo === undefined) === (route.escalateMinutes === undefined), {
            message: "escalateMinutes and escalateTo go together",
        }),
);

/** Targets, as JSON. */
export const targets = z
    .array(target)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two targets of one name");

/** A route as it is set. */
export type RouteSetting = z.output<typeof routes>[number];

const addressOf = (setting: TargetSetting): string => (setting.kind === "telegram" ? setting.apiUrl : setting.url);

/** What is wrong with targets and routes together; names targets, never their addresses. */
export function problems(
    all: readonly TargetSetting[],
    routed: readonly RouteSetting[],
    privateOrigins: readonly string[],
): string[] {
    const names = all.map(({ name }) => name);
    const unknown = (place: string, wanted: readonly string[]): string[] =>
        wanted
            .filter((name) => !names.includes(name))
            .map((name) => `${place} names the target ${name}, which there is not`);
    return [
        ...routed.flatMap(({ targets: to, escalateTo = [] }, n) =>
            unknown(`route ${String(n)}`, [...to, ...escalateTo]),
        ),
        ...all.flatMap(({ name, fallback }) =>
            fallback === undefined ? [] : unknown(`the target ${name}`, [fallback]),
        ),
        ...all
            .filter((setting) => new URL(addressOf(setting)).protocol !== "https:")
            .filter((setting) => !privateOrigins.includes(new URL(addressOf(setting)).origin))
            .map(
                ({ name }) =>
                    `the target ${name} is written to without TLS: its URL must be https, or its origin one of httpPrivateOrigins`,
            ),
    ];
}
