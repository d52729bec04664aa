// PagerDuty, by its Events API v2 (developer.pagerduty.com/docs/events-api-v2-overview).
import { type Severity } from "../../../schema/detection";
import { type Channel, posted } from "./channel";
import { shorten } from "./text";

const severityOf: Record<Severity, string> = { critical: "critical", high: "error", medium: "warning", low: "info" };
/** Characters of a summary. */
const longest = 1_024;

/** A service of PagerDuty. */
export const pagerduty = (url: string, routingKey: string): Channel => ({
    // 120 events a minute of one routing key (developer.pagerduty.com/docs/events-api-v2-limits), with room for what others send by it.
    bucket: { burst: 10, perSecond: 1.5 },
    request: ({ id, at, kind, alerts: [first] }, { title, severity, values }) =>
        posted(url, {
            routing_key: routingKey,
            event_action: "trigger",
            // What is told again belongs to the incident that is there.
            dedup_key: kind === "digest" || kind === "summary" ? id : (first?.id ?? id),
            payload: {
                summary: shorten(title, longest),
                source: "trading-monitoring",
                severity: severityOf[severity],
                timestamp: new Date(at).toISOString(),
                class: values["rule"] ?? kind,
                custom_details: values,
            },
        }),
});
