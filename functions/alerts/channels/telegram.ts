// Telegram, by a bot's sendMessage (core.telegram.org/bots/api#sendmessage).
import { z } from "zod";
import { type HttpProblem } from "../../shared/http/problem";
import { type Channel, posted } from "./channel";
import { linesOf } from "./content";
import { escaped, shorten } from "./text";

/** Characters of a message, after its entities are read. */
const longest = 4_096;

const reply = z.object({
    description: z.string().optional(),
    parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});

function replyOf({ excerpt }: HttpProblem): z.output<typeof reply> | undefined {
    try {
        return reply.safeParse(JSON.parse(excerpt ?? "")).data;
    } catch {
        return undefined;
    }
}

/** Where and as whom to write. */
export interface TelegramOptions {
    readonly botToken: string;
    readonly chatId: string;
    readonly apiUrl: string;
}

/** A chat of Telegram; a group that becomes a supergroup gets another id, which is used until the worker restarts and finds out again. */
export function telegram(options: TelegramOptions): Channel {
    const known = [options.chatId];
    const follows = (problem: HttpProblem): boolean => {
        const moved = replyOf(problem)?.parameters?.migrate_to_chat_id;
        if (moved === undefined || known.includes(String(moved))) return false;
        known.push(String(moved));
        return true;
    };
    return { ...chat(options, () => known.at(-1) ?? options.chatId), follows };
}

const chat = ({ botToken, apiUrl }: TelegramOptions, chatId: () => string): Channel => ({
    // One message a second to a chat, 20 a minute to a group, 30 a second overall (core.telegram.org/bots/faq): one every 3.2 s keeps all three for up to 90 chats.
    bucket: { burst: 1, perSecond: 19 / 60 },
    request: (_message, content) => {
        const [title = "", ...lines] = linesOf(content);
        const rest = shorten(lines.join("\n"), longest - 400);
        return posted(`${apiUrl}/bot${botToken}/sendMessage`, {
            chat_id: chatId(),
            text: `<b>${escaped(shorten(title, 300))}</b>\n${escaped(rest)}`,
            parse_mode: "HTML",
            link_preview_options: { is_disabled: true },
        });
    },
    retryAfter: (problem) => {
        const seconds = replyOf(problem)?.parameters?.retry_after;
        return seconds === undefined ? undefined : seconds * 1_000;
    },
    words: (problem) => {
        const { description, parameters } = replyOf(problem) ?? {};
        const moved = parameters?.migrate_to_chat_id;
        return moved === undefined
            ? description
            : `the group has become a supergroup: set chatId to ${String(moved)}, which is used meanwhile`;
    },
});
