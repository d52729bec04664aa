// Slack, by an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks).
import { type Channel, posted } from "./channel";
import { linesOf } from "./content";
import { escaped, shorten } from "./text";

/** Characters of a section's text (docs.slack.dev/reference/block-kit/blocks/section-block). */
const longest = 3_000;

/** A channel of Slack; whoever has the URL can write to it. */
export const slack = (url: string): Channel => ({
    // "1 message per second, short bursts allowed" (docs.slack.dev/apis/web-api/rate-limits), less a tenth since what is sent a second apart arrives closer at times.
    bucket: { burst: 2, perSecond: 0.9 },
    request: (_message, content) => {
        const lines = linesOf(content);
        // Cut before it is escaped, so that no entity is cut in two; an entity has five characters at most.
        const fit = (text: string, max: number): string => {
            const whole = escaped(text);
            return whole.length <= max ? whole : escaped(shorten(text, Math.floor(max / 5)));
        };
        return posted(url, {
            text: fit(content.title, longest),
            mrkdwn: false,
            // Plain text knows neither links nor mentions nor bold.
            blocks: [
                { type: "section", text: { type: "plain_text", text: fit(lines.join("\n"), longest), emoji: false } },
            ],
        });
    },
    // Its errors are words like invalid_payload or channel_is_archived.
    words: ({ excerpt }) => /^[a-z_]{1,50}$/.exec(excerpt ?? "")?.[0],
});
