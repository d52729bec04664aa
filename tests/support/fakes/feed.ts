// For tests: a site with an RSS feed that grows, with ETag, Last-Modified and robots.txt as real ones have them.
import { createHash } from "node:crypto";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

/** An item as its author wrote it: HTML is allowed in title and description. */
export interface FakeItem {
    readonly guid: string;
    readonly title: string;
    readonly description: string;
    readonly at: Date;
    readonly author?: string;
}

const xml = (text: string): string => text.replace(/[&<>"]/gu, (mark) => `&#${String(mark.codePointAt(0))};`);

const item = ({ guid, title, description, at, author }: FakeItem, origin: string): string =>
    `<item><guid isPermaLink="false">${xml(guid)}</guid><title>${xml(title)}</title><link>${origin}/posts/${encodeURIComponent(guid)}</link>` +
    `<pubDate>${at.toUTCString()}</pubDate>${author === undefined ? "" : `<dc:creator>${xml(author)}</dc:creator>`}` +
    `<description>${xml(description)}</description></item>`;

/** A feed at /feed.xml. */
export class FakeFeed {
    readonly server = new FakeServer();
    /** Newest first, as feeds have them. */
    readonly items: FakeItem[] = [];
    robots = "User-agent: *\nAllow: /\n";

    /** Listens on loopback. */
    async start(): Promise<this> {
        await this.server.start();
        this.server.on("/robots.txt", () => ({ headers: { "content-type": "text/plain" }, body: this.robots }));
        this.server.on("/feed.xml", (request) => this.answer(request));
        return this;
    }

    stop(): Promise<void> {
        return this.server.stop();
    }

    get url(): string {
        return `${this.server.origin}/feed.xml`;
    }

    add(...items: FakeItem[]): void {
        this.items.unshift(...items);
    }

    private answer({ headers }: FakeRequest): FakeAnswer {
        const items = this.items.map((one) => item(one, this.server.origin)).join("\n");
        const body = `<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Fake</title><language>en-us</language>${items}</channel></rss>`;
        const etag = `"${createHash("sha1").update(body).digest("hex")}"`;
        if (headers["if-none-match"] === etag) return { status: 304, body: "" };
        return { headers: { "content-type": "application/rss+xml; charset=utf-8", etag }, body };
    }
}
