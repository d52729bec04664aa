// Proves, with a feed server on loopback: what entries become posts and how their texts are made plain, conditional requests, robots.txt, and that
// the crawler loses and doubles nothing around a crash. Does not prove: the same with the real Kafka and ClickHouse (tests/engine/sentiment).
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { Registry } from "prom-client";
import { socialPosts } from "../../../schema/facts/socialPosts";
import { Crawler } from "../../../functions/sentiment/crawler";
import { type StoredPost } from "../../../functions/sentiment/facts";
import { Feed } from "../../../functions/sentiment/feeds/feed";
import { declaredEncoding, readFeed } from "../../../functions/sentiment/feeds/parse";
import { Robots } from "../../../functions/sentiment/feeds/robots";
import { memories, type PostSource } from "../../../functions/sentiment/feeds/source";
import { Linker } from "../../../functions/sentiment/linking/linker";
import { knownTokens } from "../../../functions/sentiment/linking/tokens";
import { CrawlerMetrics } from "../../../functions/sentiment/metrics";
import { type Post } from "../../../functions/sentiment/post";
import { plainText, textHash, tidy } from "../../../functions/sentiment/text";
import { HttpClient } from "../../../functions/shared/http/client";
import { type AnyEvent } from "../../../functions/shared/publisher";
import { StateFile } from "../../../functions/shared/stateFile";
import { FakeFeed } from "../../support/fakes/feed";
import { removeFolder, temporaryFolder, until } from "../../support/processes";

const signal = new AbortController().signal;
const linker = new Linker(knownTokens([]));

describe("texts", () => {
    it("lose markup, scripts and all that is invisible, and keep the rest as it is", () => {
        assert.equal(plainText("<p>A &amp; <b>B</b>C</p><script>x()</script><p>D &lt; 5</p>"), "A & BC D < 5");
        assert.equal(tidy("a\u200b\u202e\u{e0041}b\u0000\n c\ud800"), "ab c");
        assert.equal(tidy("'; DROP TABLE x;-- {y:String}"), "'; DROP TABLE x;-- {y:String}");
        assert.equal(tidy("a😀😀", 4), "a😀");
    });

    it("are the same for case, spacing, punctuation, links and disguise, and for nothing else", () => {
        const hash = textHash("Bitcoin up", "10% today");
        for (const body of ["10 %  TODAY!", "10% today https://x.example/y", "１０% t\u200boday"])
            assert.equal(textHash("BITCOIN: up", body), hash, body);
        assert.notEqual(textHash("Bitcoin up", "11% today"), hash);
        assert.notEqual(textHash(undefined, "🚀"), textHash(undefined, "💀"));
    });
});

describe("feeds", () => {
    const rss = (items: string): string => `<rss version="2.0"><channel><title>t</title>${items}</channel></rss>`;
    const date = "<pubDate>Sun, 22 Nov 2026 12:00:00 GMT</pubDate>";

    it("are read as RSS, Atom and RDF", () => {
        const atom = `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de-CH"><title>A</title><id>i</id><updated>2026-11-22T12:00:00Z</updated><entry><id>e1</id><title type="html">&lt;b&gt;X&lt;/b&gt;</title><link rel="self" href="https://x.example/s"/><link href="/e1"/><published>2026-11-22T13:00:00+01:00</published><author><name>Zed</name></author><content type="html">&lt;p&gt;c&lt;/p&gt;</content></entry></feed>`;
        assert.deepEqual(readFeed(atom, "https://x.example/feed").posts, [
            {
                ...{ id: "e1", publishedAt: new Date("2026-11-22T12:00:00Z"), title: "X", body: "c", author: "Zed" },
                ...{ url: "https://x.example/e1", language: "de" },
            },
        ]);
        const rdf = `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="u"><title>R</title></channel><item rdf:about="https://r.example/1"><title>t</title><link>https://r.example/1</link><dc:date>2026-11-22T12:00:00Z</dc:date><description>d</description></item></rdf:RDF>`;
        assert.equal(readFeed(rdf, "https://r.example/").posts[0]?.id, "https://r.example/1");
        assert.equal(readFeed(rss(`<item><title>t</title>${date}</item>`), "https://x.example").posts[0]?.body, "t");
    });

    it("say what they left out", () => {
        const { posts, skipped } = readFeed(
            rss(`<item><title>no date</title></item><item>${date}<guid>g</guid></item>`),
            "https://x",
        );
        assert.deepEqual([posts, skipped], [[], { undated: 1, empty: 1 }]);
    });

    it("give no link but to the web", () => {
        const linkOf = (link: string): string | undefined =>
            readFeed(rss(`<item><title>t</title><link>${link}</link>${date}</item>`), "https://x.example/f").posts[0]
                ?.url;
        assert.equal(linkOf("javascript:alert(1)"), undefined);
        assert.equal(linkOf("data:text/html,x"), undefined);
        assert.equal(linkOf("/a?b=1"), "https://x.example/a?b=1");
    });

    for (const [what, text] of [
        ["a page", "<html><body>Sorry</body></html>"],
        ["nothing", ""],
        ["JSON", '{"version": 1}'],
        ["a feed cut short", '<rss version="2.0"><channel><item><title>cut'],
        [
            "a feed with entities of its own",
            `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${rss("<item><title>&e;</title></item>")}`,
        ],
    ] as const) {
        it(`refuse ${what}, or take nothing from it`, () => {
            try {
                assert.deepEqual(readFeed(text, "https://x").posts, []);
            } catch (error) {
                assert.match(String(error), /not RSS, Atom or RDF, it begins with/);
            }
        });
    }

    it("are decoded by what their XML declares", () => {
        assert.equal(
            declaredEncoding(Buffer.from(`<?xml version="1.0" encoding='windows-1251'?><rss/>`)),
            "windows-1251",
        );
        assert.equal(declaredEncoding(Buffer.from("<rss/>")), undefined);
    });
});

describe("the crawler", () => {
    let site: FakeFeed;
    let http: HttpClient;
    let folder: string;
    /** What Kafka would have: rows by event id, first one kept. */
    let topic: Map<string, Post>;
    let sends: number;
    let crawler: Crawler | undefined;
    const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);

    beforeEach(async () => {
        site = await new FakeFeed().start();
        const limits = { intervalMs: 0, timeoutMs: 500, maxBytes: 100_000, attempts: 1, backoffMs: 1, patienceMs: 0 };
        http = new HttpClient({ userAgent: "test", privateOrigins: [site.server.origin], ...limits });
        folder = temporaryFolder("crawler");
        topic = new Map();
        sends = 0;
    });

    afterEach(async () => {
        await crawler?.stop();
        await http.close();
        await site.stop();
        removeFolder(folder);
    });

    const feed = (name = "one", path = site.url): Feed =>
        new Feed({ name, class: "news", url: path }, http, new Robots(http, "TestBot"));

    function stored(hashes: readonly string[]): Promise<Map<string, StoredPost>> {
        const posts = [...topic.values()].filter(({ text_hash }) => hashes.includes(text_hash));
        const found = new Map<string, { source: string; post_id: string; tokens: string[] }>();
        for (const { text_hash, source, post_id, token } of posts) {
            const known = found.get(text_hash) ?? { source, post_id, tokens: [] };
            known.tokens.push(token);
            found.set(text_hash, known);
        }
        return Promise.resolve(found);
    }

    async function crawl(sources: readonly PostSource[], deliver = keep): Promise<Crawler> {
        crawler = new Crawler({
            ...{ sources, linker, facts: { postsOf: stored }, delivery: { deliver } },
            caughtUp: () => Promise.resolve(),
            state: new StateFile(join(folder, "feeds.json"), memories),
            intervalMs: 20,
            metrics: new CrawlerMetrics(new Registry()),
            log: pino({ level: "silent" }),
        });
        await crawler.start();
        return crawler;
    }

    function keep(_: unknown, events: readonly AnyEvent[]): Promise<void> {
        sends += events.length;
        for (const event of events) if (!topic.has(event.event_id)) topic.set(event.event_id, socialPosts.parse(event));
        return Promise.resolve();
    }

    const ids = (): string[] => [...topic.keys()].sort();

    it("stores an entry once for each token, asks conditionally, and remembers the ETag only after the posts", async () => {
        site.add({ guid: "g", title: "BTC and ETH", description: "x", at });
        let allowed = false;
        await crawl([feed()], (declaration, events) =>
            allowed ? keep(declaration, events) : Promise.reject(new Error("not now")),
        );
        await until("two looks", () => site.server.asked("/feed.xml").length >= 2);
        assert.ok(site.server.asked("/feed.xml").every(({ headers }) => headers["if-none-match"] === undefined));
        assert.match(crawler?.problem() ?? "", /not now/);
        allowed = true;
        await until("a conditional look", () => site.server.asked("/feed.xml").at(-1)?.headers["if-none-match"]);
        assert.deepEqual(ids(), ["one|g|BTC", "one|g|ETH"]);
        assert.equal(sends, 2);
        await until("all is well", () => crawler?.problem() === undefined);
    });

    it("stores a text once, whichever feed and post bring it", async () => {
        const other = await new FakeFeed().start();
        const open = new HttpClient({
            ...{ userAgent: "test", privateOrigins: [site.server.origin, other.server.origin], intervalMs: 0 },
            ...{ timeoutMs: 500, maxBytes: 100_000, attempts: 1 },
        });
        site.add(
            { guid: "a", title: "Bitcoin up", description: "10%", at },
            { guid: "b", title: "BITCOIN UP!", description: "10 %", at },
        );
        other.add(
            { guid: "c", title: "bitcoin up", description: "10%", at },
            { guid: "d", title: "Dogecoin", description: "up", at },
        );
        const both = [site, other].map(
            ({ url }, index) => new Feed({ name: `f${index}`, class: "news", url }, open, new Robots(open, "TestBot")),
        );
        await crawl(both);
        await until("both were read", () => [site, other].every(({ server }) => server.asked("/feed.xml").length > 1));
        assert.equal(topic.size, 2);
        assert.equal([...topic.values()].filter(({ token }) => token === "BTC").length, 1);
        await crawler?.stop();
        await open.close();
        await other.stop();
    });

    it("sends again only what a crash cut off, and nothing that is stored", async () => {
        site.add(
            { guid: "g", title: "BTC and ETH", description: "x", at },
            { guid: "h", title: "SOL", description: "y", at },
        );
        await crawl([feed()]);
        await until("all rows", () => topic.size === 3);
        await crawler?.stop();
        topic.delete("one|g|ETH");
        // Killed before it could save what it knew of the feed.
        writeFileSync(join(folder, "feeds.json"), "{}");
        sends = 0;
        await crawl([feed()]);
        await until("all rows again", () => topic.size === 3);
        assert.equal(sends, 1);
        assert.match(readFileSync(join(folder, "feeds.json"), "utf8"), /"etag"/);
    });

    it("leaves out what is older than a week or from the future", async () => {
        const day = 24 * 3_600_000;
        site.add({ guid: "old", title: "BTC old", description: "x", at: new Date(at.getTime() - 8 * day) });
        site.add({ guid: "ahead", title: "BTC ahead", description: "x", at: new Date(at.getTime() + day) });
        site.add({ guid: "new", title: "BTC new", description: "x", at });
        await crawl([feed()]);
        await until("the new one", () => topic.size > 0);
        assert.deepEqual(ids(), ["one|new|BTC"]);
    });

    for (const [what, fault, words] of [
        [
            "429",
            { kind: "status", status: 429, headers: { "retry-after": "3600" } },
            /answered 429, to be asked again in 3600 s|left alone for 3[56]\d\d s more/,
        ],
        ["503", { kind: "status", status: 503 }, /answered 503/],
        ["silence", { kind: "hang" }, /no whole answer within 500 ms/],
        [
            "a page",
            { kind: "contentType", contentType: "text/html" },
            /the answer is text\/html, expected application\/rss/,
        ],
        ["half a feed", { kind: "cut" }, /not RSS, Atom or RDF/],
        [
            "a redirect to a private address",
            { kind: "status", status: 302, headers: { location: "http://10.0.0.1/" } },
            /10\.0\.0\.1 is not a public address/,
        ],
    ] as const) {
        it(`says what is wrong when a site answers with ${what}, and tries again`, async () => {
            site.server.fail({ kind: "status", status: 404 }, ...Array.from({ length: 20 }, () => fault));
            await crawl([feed()]);
            await until("the words", () => words.test(crawler?.problem() ?? ""));
            assert.equal(topic.size, 0);
        });
    }

    describe("robots.txt", () => {
        it("that forbids is obeyed", async () => {
            site.robots = "User-agent: TestBot\nDisallow: /feed\n";
            await crawl([feed()]);
            await until("the words", () => /robots\.txt does not allow it/.test(crawler?.problem() ?? ""));
            assert.equal(site.server.asked("/feed.xml").length, 0);
        });

        it("that is not there forbids nothing; that cannot be had forbids all", async () => {
            const robots = new Robots(http, "TestBot");
            site.server.fail({ kind: "status", status: 503 });
            await assert.rejects(robots.allows(site.url, signal), /answered 503/);
            site.server.fail({ kind: "status", status: 404 });
            assert.deepEqual(await robots.allows(site.url, signal), { allowed: true, delayMs: 0 });
        });

        it("is asked once a day, and its delay is kept", async () => {
            site.robots = "User-agent: *\nCrawl-delay: 2\n";
            let now = Date.now();
            const robots = new Robots(http, "TestBot", () => now);
            for (const [passed, asked] of [
                [0, 1],
                [3_600_000, 1],
                [24 * 3_600_000, 2],
            ] as const) {
                now += passed;
                assert.equal((await robots.allows(site.url, signal)).delayMs, 2_000);
                assert.equal(site.server.asked("/robots.txt").length, asked);
            }
        });
    });

    it("refuses to begin on a state that is not its own, naming the file", async () => {
        writeFileSync(join(folder, "feeds.json"), "{half");
        await assert.rejects(crawl([feed()]), /feeds\.json: not this worker's state, found \{half; move it away/);
        crawler = undefined;
    });
});
