// For tests: the Bot API's sendMessage: its limits, its own way of asking for patience, and HTML that it refuses where it does not fit.
import { z } from "zod";
import { FakeLimit } from "./limits";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

const message = z.object({ chat_id: z.string(), text: z.string(), parse_mode: z.literal("HTML") });

/** What people see of it: tags are markup, entities are characters. Undefined where Telegram cannot parse it. */
export function shownByTelegram(html: string): string | undefined {
    const bare = html.replace(/<\/?(b|i|u|s|code|pre)>/g, "");
    if (/<|>|&(?!(amp|lt|gt|quot);)/.test(bare)) return undefined;
    return bare.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

/** One a second to a chat, 20 a minute to a group, 30 a second overall (core.telegram.org/bots/faq). */
export class FakeTelegram {
    readonly server = new FakeServer();
    readonly token = "123456:ABC-DEF";
    /** Texts as people see them, chat by chat. */
    readonly shown: { chat: string; text: string }[] = [];
    readonly overall = new FakeLimit(30, 30, 1_000);
    /** Groups that have become supergroups, by their old ids. */
    readonly moved = new Map<string, number>();
    private readonly chats = new Map<string, FakeLimit[]>();

    constructor(private readonly restMs = 2_000) {}

    async start(): Promise<this> {
        await this.server.start();
        this.server.on(`/bot${this.token}/sendMessage`, (request) => this.answer(request));
        return this;
    }

    /** Requests that came although they had been asked to wait. */
    get violations(): number {
        return [this.overall, ...[...this.chats.values()].flat()].reduce((sum, { violations }) => sum + violations, 0);
    }

    get limited(): number {
        return [this.overall, ...[...this.chats.values()].flat()].reduce((sum, { limited }) => sum + limited, 0);
    }

    private answer({ body }: FakeRequest): FakeAnswer {
        const parsed = message.safeParse(JSON.parse(body));
        if (!parsed.success) return this.refusal(400, "Bad Request: message text is empty");
        const { chat_id, text } = parsed.data;
        const migrate_to_chat_id = this.moved.get(chat_id);
        if (migrate_to_chat_id !== undefined)
            return this.refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", {
                migrate_to_chat_id,
            });
        const group = chat_id.startsWith("-") ? [new FakeLimit(20, 20 / 60, this.restMs)] : [];
        const limits = this.chats.get(chat_id) ?? [new FakeLimit(1, 1, this.restMs), ...group];
        this.chats.set(chat_id, limits);
        const seconds = [this.overall, ...limits].map((limit) => limit.ask()).find((wait) => wait !== undefined);
        if (seconds !== undefined)
            return this.refusal(429, `Too Many Requests: retry after ${String(seconds)}`, { retry_after: seconds });
        const shown = shownByTelegram(text);
        if (shown === undefined) return this.refusal(400, "Bad Request: can't parse entities");
        if (shown.length > 4_096) return this.refusal(400, "Bad Request: message is too long");
        this.shown.push({ chat: chat_id, text: shown });
        return { body: JSON.stringify({ ok: true, result: { message_id: this.shown.length } }) };
    }

    private refusal(code: number, description: string, parameters?: object): FakeAnswer {
        return { status: code, body: JSON.stringify({ ok: false, error_code: code, description, parameters }) };
    }
}
