// Proves, with the real Kafka, ClickHouse and worker process: a feed's entry and a post sent straight to Kafka (as the gateway does) become rows
// equal to their input field by field, each with exactly one score; nothing is doubled by a restart, nor a text by its second source.
// Does not prove: that real sites' feeds are like the fake one.
import assert from "node:assert/strict";
import { socialPosts } from "../../../schema/facts/socialPosts";
import { textHash } from "../../../functions/sentiment/text";
import { lexiconVersion } from "../../../functions/sentiment/scoring/lexicon";
import { promptVersion } from "../../../functions/sentiment/scoring/prompt";
import { FakeFeed } from "../../support/fakes/feed";
import { FakeOpenAi } from "../../support/fakes/openai";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { SentimentWorker } from "../../support/sentiment";
import { sharedStack, type TestStack } from "../../support/stack";

type Row = Record<string, unknown>;

describe("sentiment on the real stack", function () {
    this.timeout(300_000);
    const folder = temporaryFolder("sentiment");
    /** Names of this run, so that other suites' rows on the shared stack do not matter. */
    const run = Date.now().toString(36);
    const [first, second, pushed] = [`first-${run}`, `second-${run}`, `pushed-${run}`] as const;
    let stack: TestStack;
    let feeds: FakeFeed[];
    let worker: SentimentWorker | undefined;

    const start = async (): Promise<SentimentWorker> => {
        const [one, two] = feeds;
        assert.ok(one && two);
        worker = await SentimentWorker.start({
            KAFKA_BROKERS: stack.brokers,
            CLICKHOUSE_URL: stack.clickhouseUrl,
            DATA_DIR: folder,
            FEEDS: JSON.stringify([
                { name: first, class: "news", url: one.url },
                { name: second, class: "blog", url: two.url },
            ]),
            FEED_INTERVAL_S: "0.5",
            HTTP_PRIVATE_ORIGINS: feeds.map(({ server }) => server.origin).join(","),
        });
        return worker;
    };
    const posts = (source: string): Promise<Row[]> =>
        stack.rows("SELECT * FROM facts.social_posts WHERE source = {source:String} ORDER BY post_id, token", {
            source,
        });
    const scores = (source: string): Promise<Row[]> =>
        stack.rows("SELECT * FROM trading.sentiment_scores WHERE source = {source:String} ORDER BY post_id, token", {
            source,
        });

    before(async () => {
        stack = await sharedStack();
        feeds = [await new FakeFeed().start(), await new FakeFeed().start()];
    });

    after(async () => {
        await worker?.stop();
        await Promise.all(feeds.map((feed) => feed.stop()));
        removeFolder(folder);
    });

    const at = new Date(Math.floor(Date.now() / 1000) * 1000 - 60_000);
    const hostile = `Robert'); DROP TABLE facts.social_posts;-- {x:String} <script>alert(1)</script>Bitcoin &amp; <b>friends</b>`;

    it("stores a feed's entry as it was, once per token, and scores it", async () => {
        feeds[0]?.add(
            {
                guid: "g-1",
                title: "Bitcoin surges as ETH slumps",
                description: `<p>${hostile}</p>`,
                at,
                author: "Ann O'Hara",
            },
            { guid: "g-2", title: "ONE of the GAS stations", description: "Nothing to see", at },
        );
        await start();
        // Posts and scores come to ClickHouse by feeds of their own, so either may be there first.
        await until("two scores", async () => (await scores(first)).length === 2, 90_000);
        await until("their posts", async () => (await posts(first)).length === 2);
        const body = "Robert'); DROP TABLE facts.social_posts;-- {x:String} Bitcoin & friends";
        const rows = await posts(first);
        assert.equal(rows.length, 2);
        for (const [index, token, confidence] of [
            [0, "BTC", 0.95],
            [1, "ETH", 0.9],
        ] as const) {
            const { received_at, ingested_at, version, _topic, _partition, _offset, ...row } = rows[index] ?? {};
            assert.ok(received_at && ingested_at && version && _topic !== undefined);
            assert.ok(_partition !== undefined && _offset !== undefined);
            assert.deepEqual(row, {
                event_id: `${first}|g-1|${token}`,
                event_time: at.toISOString().replace("T", " ").replace(".000Z", ".000000"),
                source_id: `sentiment/${first}`,
                source_seq: null,
                origin: "live",
                run_id: null,
                original_time: null,
                post_id: "g-1",
                source: first,
                source_class: "news",
                author: "Ann O'Hara",
                author_followers: null,
                language: "en",
                title: "Bitcoin surges as ETH slumps",
                body,
                url: `${feeds[0]?.server.origin ?? ""}/posts/g-1`,
                text_hash: textHash("Bitcoin surges as ETH slumps", body),
                token,
                link_confidence: confidence,
            });
        }
        const [bitcoin, ether] = await scores(first);
        assert.equal(bitcoin?.["event_id"], `${first}|g-1|BTC|lexicon|${lexiconVersion}`);
        assert.deepEqual([bitcoin["label"], ether?.["label"]], ["positive", "negative"]);
        assert.equal(bitcoin["event_time"], rows[0]?.["event_time"]);
        assert.ok(String(bitcoin["scored_at"]) > String(rows[0]?.["received_at"]), "stored before it was scored");
    });

    /** A post as the gateway would store it. */
    function foreign(id: string): { event_id: string } & Row {
        const event = {
            event_time: at.toISOString(),
            source_id: "gateway/partner",
            origin: "synthetic",
            run_id: run,
            post_id: id,
            source: pushed,
            source_class: "social",
            body: "$LINK is a scam 💀",
            text_hash: id,
            token: "LINK",
            link_confidence: "1",
        };
        return { event_id: socialPosts.eventId(event), ...event };
    }

    async function send(messages: { key: string; value: string }[]): Promise<void> {
        const producer = await stack.producer();
        await producer.send({ topic: socialPosts.topic.name, messages });
        await producer.disconnect();
    }

    it("scores a post that came another way, with its origin and run", async () => {
        const post = { key: "LINK", value: JSON.stringify(foreign("p-1")) };
        await send([{ key: "x", value: "{not a post" }, post]);
        const [score] = await until("its score", async () => {
            const found = await scores(pushed);
            return found.length > 0 && found;
        });
        const { origin, run_id, post_id, token, label } = score ?? {};
        assert.deepEqual([origin, run_id, post_id, token, label], ["synthetic", run, "p-1", "LINK", "negative"]);
    });

    it("asks for what is new alone, and does not store a text again that another feed brings", async () => {
        feeds[1]?.add(
            { guid: "copy", title: "BITCOIN surges as ETH slumps!", description: `<p>${hostile}</p>`, at },
            { guid: "own", title: "Solana outage", description: "The network halted", at },
        );
        await until("the second feed's own post", async () => (await posts(second)).length > 0, 30_000);
        assert.deepEqual(
            (await posts(second)).map(({ post_id, token }) => [post_id, token]),
            [["own", "SOL"]],
        );
        const asked = feeds[0]?.server.asked("/feed.xml") ?? [];
        assert.equal(asked[0]?.headers["if-none-match"], undefined);
        assert.ok(asked.slice(1).every(({ headers }) => headers["if-none-match"] !== undefined));
        assert.equal(feeds[0]?.server.asked("/robots.txt").length, 1);
    });

    it("remembers over a restart: the feeds by their ETags, the texts by the facts", async () => {
        assert.equal(await worker?.stop(), 0, worker?.output);
        const [one, two] = feeds.map(({ server }) => server.asked("/feed.xml").length);
        feeds[1]?.add({ guid: "copy-2", title: "bitcoin surges as eth slumps", description: `<p>${hostile}</p>`, at });
        feeds[1]?.add({ guid: "later", title: "Dogecoin rallies", description: "much wow", at });
        await start();
        await until("the new post's score", async () => (await scores(second)).length === 2, 60_000);
        await until("the new post", async () => (await posts(second)).length === 2);
        const [after, then] = feeds.map(({ server }) => server.asked("/feed.xml"));
        assert.ok(after?.[one ?? 0]?.headers["if-none-match"], "the first request knew the ETag");
        assert.ok(then?.[two ?? 0]?.headers["if-none-match"]);
        assert.deepEqual(
            (await posts(second)).map(({ post_id }) => post_id),
            ["later", "own"],
        );
        assert.equal((await posts(first)).length, 2);
        assert.equal((await scores(first)).length, 2);
    });

    it("scores by a model as well, where there is a key, by the same rows' side and without writing the key down", async () => {
        assert.equal(await worker?.stop(), 0, worker?.output);
        const server = await new FakeOpenAi("sk-canary-0815").start();
        const model = `fake/${run}`;
        worker = await SentimentWorker.start({
            KAFKA_BROKERS: stack.brokers,
            CLICKHOUSE_URL: stack.clickhouseUrl,
            DATA_DIR: folder,
            LOG_LEVEL: "debug",
            OPENAI_API_KEY: "sk-canary-0815",
            OPENAI_BASE_URL: server.url,
            OPENAI_MODEL: model,
            HTTP_PRIVATE_ORIGINS: server.server.origin,
        });
        server.server.fail({ kind: "status", status: 429, headers: { "retry-after": "1" } }, { kind: "cut" });
        const refused = { ...foreign("p-2"), body: "FORBIDDEN words of $LINK" };
        await send([{ key: "LINK", value: JSON.stringify(refused) }]);
        const byModel = (): Promise<Row[]> =>
            stack.rows(
                `SELECT source, post_id, token, label, toString(score) AS score, toString(confidence) AS confidence, prompt_version
                 FROM trading.sentiment_scores WHERE model = {model:String} AND source IN {sources:Array(String)} ORDER BY source, post_id, token`,
                { model, sources: [first, pushed] },
            );
        await until("a score for each post stored so far", async () => (await byModel()).length === 3, 60_000);
        const rest = { prompt_version: promptVersion };
        assert.deepEqual(await byModel(), [
            {
                source: first,
                post_id: "g-1",
                token: "BTC",
                label: "positive",
                score: "0.7",
                confidence: "0.8",
                ...rest,
            },
            {
                source: first,
                post_id: "g-1",
                token: "ETH",
                label: "positive",
                score: "0.7",
                confidence: "0.8",
                ...rest,
            },
            {
                source: pushed,
                post_id: "p-1",
                token: "LINK",
                label: "negative",
                score: "-0.8",
                confidence: "0.9",
                ...rest,
            },
        ]);
        const notices = await until("the notice of the post the server refuses", async () => {
            const rows = await stack.rows<Row>(
                "SELECT kind, first, origin FROM trading.source_notices WHERE source_id = {id:String}",
                { id: `sentiment/${model}` },
            );
            return rows.length > 0 && rows;
        });
        assert.deepEqual(
            notices.filter(({ first }) => String(first).startsWith(pushed)),
            [{ kind: "rejected", first: refused.event_id, origin: "synthetic" }],
        );
        assert.ok(!worker.output.includes("canary"));
        await server.stop();
    });

    it("is well, and refuses a wrong environment in words", async () => {
        assert.equal(await worker?.stop(), 0, worker?.output);
        await (await start()).ready();
        const wrong = await SentimentWorker.start({ FEEDS: '[{"name":"A b","url":"ftp://x"}]', TOKENS: "foo" });
        assert.equal(await wrong.ended(), 2);
        for (const name of ["FEEDS", "TOKENS", "DATA_DIR"]) assert.match(wrong.output, new RegExp(`^  ${name}: `, "m"));
        assert.ok(!wrong.output.includes("    at "), wrong.output);
    });
});
