// Any receiver that speaks Standard Webhooks 1.0 (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
import { createHmac } from "node:crypto";
import { secretBytes } from "../../../schema/detection";
import { type Message, type MessageKind } from "../core/model";
import { type Channel } from "./channel";
import { type Content } from "./content";

const types: Record<MessageKind, string> = {
    alert: "alert.fired",
    digest: "alert.digest",
    escalation: "alert.escalated",
    repeat: "alert.repeated",
    summary: "alert.summary",
    heartbeat: "heartbeat",
    test: "test",
    report: "report.weekly",
};

/** `v1,<base64>` of HMAC-SHA-256 over `id.timestamp.body`, one for each secret: while secrets are changed the receiver finds the one it knows. */
export const signatures = (secrets: readonly string[], id: string, seconds: number, body: string): string =>
    secrets
        .map((secret) => {
            const signed = `${id}.${String(seconds)}.${body}`;
            return `v1,${createHmac("sha256", secretBytes(secret)).update(signed).digest("base64")}`;
        })
        .join(" ");

const bodyOf = ({ kind, at, sequence, target }: Message, { title, values }: Content): string =>
    JSON.stringify({
        type: types[kind],
        // Of the message, not of the attempt: the same message has the same body.
        timestamp: new Date(at).toISOString(),
        data: { target, title, sequence, ...values },
    });

/** A receiver; the first secret is the newest. */
export const webhook = (url: string, secrets: readonly string[]): Channel => ({
    bucket: { burst: 20, perSecond: 10 },
    request: (message, content, now) => {
        const seconds = Math.floor(now / 1_000);
        const body = bodyOf(message, content);
        return {
            url,
            method: "POST",
            headers: {
                "content-type": "application/json",
                "webhook-id": message.id,
                "webhook-timestamp": String(seconds),
                "webhook-signature": signatures(secrets, message.id, seconds, body),
            },
            body,
        };
    },
});
