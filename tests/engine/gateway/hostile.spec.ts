// Proves, on the real process with a real broker: malformed lines are rejected one by one while good ones pass; what is too large, too slow, too
// often, of the wrong type, without a key or scope, or from a foreign page is sent away with the right status; a forged X-Forwarded-For counts
// for nothing. Does not prove: every input there is; property.spec.ts looks for more.
import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { Script } from "node:vm";
import { createKey, hashKey } from "../../../functions/shared/keys";
import { limits, type Problem, type Receipt } from "../../../schema/api";
import { userActions } from "../../../schema/facts/userActions";
import { userOrders } from "../../../schema/facts/userOrders";
import { fullEvent } from "../../support/events";
import { type Answer, origin, producer, TestGateway, website } from "../../support/gateway";
import { sharedKafka, type TestKafka } from "../../support/kafka";
import { until } from "../../support/processes";
import { Topics } from "../../support/topics";

const path = "/v1/events/user_orders";
const order = (id: string) => fullEvent(userOrders, "x", { source_id: producer, order_id: id });
const action = (id: string) => ({ action_id: id, action: "click", event_time: new Date().toISOString() });

/** Sends bytes on a connection of its own, then one more now and then; resolves with all that came back when the other side closes. */
function rawExchange(url: string, bytes: string): Promise<string> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve) => {
        let text = "";
        const socket = connect(Number(port), hostname, () => socket.write(bytes));
        socket.setEncoding("utf8").on("data", (data: string) => (text += data));
        const drip = setInterval(() => socket.write("x"), 500);
        // A reset is a way of closing; what came before it is what counts.
        socket
            .once("error", () => undefined)
            .once("close", () => {
                clearInterval(drip);
                resolve(text);
            });
    });
}

describe("gateway under hostile input", function () {
    this.timeout(180_000);
    let kafka: TestKafka;
    let topics: Topics;
    let gateway: TestGateway;

    before(async () => {
        kafka = await sharedKafka();
        topics = await Topics.connect(kafka.brokers);
        await topics.create([userOrders, userActions]);
        gateway = await TestGateway.start(kafka.brokers, { ACTIONS_PER_MINUTE: "100000" });
    });
    after(async () => {
        await gateway.stop();
        await topics.close();
    });

    const detail = ({ body }: Answer): string => (body as Problem).detail;

    describe("lines", () => {
        it("rejects malformed ones one by one and stores the good ones between them", async () => {
            const good = (n: number): string => JSON.stringify(order(`good-${String(n)}`));
            const bad: [line: string | Buffer, reason: RegExp][] = [
                ["not json", /^not JSON/],
                [good(0).slice(0, -10), /^not JSON/],
                ["[]", /found a list/],
                ["null", /found null/],
                ['"text"', /found a string/],
                [Buffer.from([0x7b, 0xc3, 0x28, 0x7d]), /^not valid UTF-8$/],
                ["{}", /^event_time: /],
                [JSON.stringify({ ...order("a"), side: "hold" }), /^side: /],
                [JSON.stringify({ ...order("b"), quantity: 1 }), /^quantity: /],
                [JSON.stringify({ ...order("c"), quantity: "1e5" }), /^quantity: not a Decimal/],
                [JSON.stringify({ ...order("d"), unknown: "1" }), /unknown/],
                [JSON.stringify({ ...order("e"), event_id: "mine" }), /^event_id: must be/],
                [JSON.stringify({ ...order("f"), source_id: "ledger" }), /^source_id: this key speaks for test/],
                [JSON.stringify({ ...order("g"), event_time: "yesterday" }), /^event_time: not a UTC time/],
                [`{"pad":"${"x".repeat(limits.eventBytes)}"}`, /bytes, an event may have/],
                ["[".repeat(100_000), /^not JSON/],
            ];
            const lines = bad.flatMap(([line], n) => [good(n + 1), line]);
            const body = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from("\n")]));
            const { status, body: receipt } = await gateway.post<Receipt>(path, body);
            assert.equal(status, 200);
            assert.deepEqual([receipt.accepted, receipt.rejected], [bad.length, bad.length]);
            for (const [n, [, reason]] of bad.entries()) {
                const [before, result] = receipt.results.slice(n * 2, n * 2 + 2);
                assert.equal(before?.status, "accepted");
                assert.deepEqual([result?.line, result?.status], [n * 2 + 2, "rejected"]);
                assert.match(result?.reasons?.[0] ?? "", reason);
            }
            const ids = bad.map((_, n) => order(`good-${String(n + 1)}`).event_id);
            assert.deepEqual(await topics.eventIds(userOrders), ids);
        });

        it("answers 422 where nothing could be stored, and 400 where there is nothing", async () => {
            assert.equal((await gateway.post(path, { broken: true })).status, 422);
            for (const empty of ["", "\n\n", "   "]) assert.equal((await gateway.post(path, empty)).status, 400);
        });
    });

    describe("size", () => {
        it("sends away a body, a batch and a report that are too large", async () => {
            const large = Buffer.alloc(limits.bodyBytes + 1, "x");
            const many = "{}\n".repeat(limits.events + 1);
            const actions = Array.from({ length: limits.actions + 1 }, (_, n) => action(String(n)));
            for (const answer of [
                await gateway.post(path, large),
                await gateway.post(path, many),
                await gateway.report({ actions }),
                await gateway.report({ actions: [action("1")], pad: "x".repeat(limits.actionsBytes) }),
            ])
                assert.deepEqual(
                    [answer.status, answer.headers.get("content-type")],
                    [413, "application/problem+json; charset=utf-8"],
                );
        });

        it("stops reading a body that does not say how large it is", async () => {
            const { hostname, port } = new URL(gateway.url);
            const headers = { authorization: `Bearer ${gateway.key}`, "content-type": "application/x-ndjson" };
            const status = await new Promise<number | undefined>((resolve, reject) => {
                const sent = request({ hostname, port, path, method: "POST", headers }, (response) => {
                    response.resume();
                    resolve(response.statusCode);
                });
                sent.once("error", reject);
                for (let n = 0; n < 12; n += 1) sent.write(Buffer.alloc(limits.bodyBytes / 10, "x"));
                sent.end();
            });
            assert.equal(status, 413);
        });
    });

    describe("keys", () => {
        it("asks for a key, and takes no other than those it knows", async () => {
            const headers = [
                "",
                "Bearer",
                `Bearer ${createKey()}`,
                `Basic ${gateway.key}`,
                `Bearer ${gateway.key}x`,
                `Bearer ${hashKey(gateway.key)}`,
            ];
            for (const authorization of headers) {
                const answer = await gateway.post(path, order("never"), { authorization });
                assert.deepEqual(
                    [answer.status, answer.headers.get("www-authenticate")],
                    [401, "Bearer"],
                    authorization,
                );
            }
            assert.ok(!gateway.output().includes(gateway.key));
        });

        it("keeps each key to its scopes: the public one cannot send events, a producer's cannot report actions", async () => {
            const publicOne = await gateway.post(path, order("never"), {
                authorization: `Bearer ${gateway.publicKey}`,
            });
            assert.deepEqual(
                [publicOne.status, detail(publicOne)],
                [403, "the key of web has no scope user_orders, only actions"],
            );
            const answer = await gateway.fetch(`/v1/actions?key=${gateway.key}`, {
                method: "POST",
                headers: { origin },
                body: "{}",
            });
            assert.equal(answer.status, 403);
        });

        it("takes both keys of a producer while one replaces the other, and only the scopes it has", async () => {
            const [old, fresh] = [createKey(), createKey()];
            const keys = [{ producer: "ledger", scopes: ["user_orders"], hashes: [hashKey(old), hashKey(fresh)] }];
            const other = await TestGateway.start(kafka.brokers, { GATEWAY_KEYS: JSON.stringify(keys) });
            try {
                for (const key of [old, fresh]) {
                    const authorization = `Bearer ${key}`;
                    const own = { ...order(key), source_id: "ledger" };
                    assert.equal((await other.post(path, own, { authorization })).status, 200);
                    const answer = await other.post("/v1/events/user_trades", {}, { authorization });
                    assert.deepEqual(
                        [answer.status, detail(answer)],
                        [403, "the key of ledger has no scope user_trades, only user_orders"],
                    );
                }
            } finally {
                await other.stop();
            }
        });
    });

    describe("requests", () => {
        it("knows its paths, methods, types and encodings, and no others", async () => {
            const expected: [status: number, answer: Answer][] = [
                [404, await gateway.post("/v1/events/nothing", {})],
                [404, await gateway.post("/v1/events/users", {})],
                [404, await gateway.post("/v1/reference/user_orders", {})],
                [404, await gateway.fetch(path)],
                [404, await gateway.post("/v1/events/..%2f..%2fetc%2fpasswd", {})],
                [400, await gateway.fetch("/v1/events/%zz", { method: "POST" })],
                [415, await gateway.post(path, order("never"), { "content-type": "application/xml" })],
                [415, await gateway.post(path, order("never"), { "content-encoding": "gzip" })],
            ];
            for (const [status, answer] of expected) {
                assert.equal(answer.status, status, JSON.stringify(answer.body));
                assert.equal(answer.headers.get("content-type")?.split(";")[0], "application/problem+json");
            }
        });

        it("says which types it takes, and which it found", async () => {
            const takes = {
                events: "application/json or application/x-ndjson",
                reports: "application/json or text/plain",
            };
            for (const type of ["application/xml", "nonsense", ""]) {
                const headers = { "content-type": type };
                const event = await gateway.post(path, order("never"), headers);
                const found = `content-type: found ${JSON.stringify(type)}; send `;
                assert.deepEqual([event.status, detail(event)], [415, found + takes.events]);
                const report = await gateway.fetch(`/v1/actions?key=${gateway.publicKey}`, {
                    ...{ method: "POST", body: "{}", headers: { ...headers, origin } },
                });
                assert.deepEqual([report.status, detail(report)], [415, found + takes.reports]);
            }
        });

        it("closes connections that send a header or a body byte by byte, and serves others meanwhile", async () => {
            const slow = [
                "POST /v1/events/user_orders HTTP/1.1\r\nhost: x\r\nx-slow: ",
                `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{`,
            ];
            const exchanges = slow.flatMap((bytes) =>
                Array.from({ length: 20 }, () => rawExchange(gateway.url, bytes)),
            );
            const meanwhile = await gateway.post(path, order("meanwhile"));
            assert.equal(meanwhile.status, 200);
            for (const text of await Promise.all(exchanges)) assert.match(text, /^HTTP\/1\.1 408 /);
            await until("the room they took is given back", async () => {
                const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text();
                return /^gateway_in_flight_bytes\{worker="gateway"\} 0$/m.test(metrics);
            });
        });

        it("answers what is no HTTP with 400, and headers without end with 431", async () => {
            assert.match(await rawExchange(gateway.url, "\u0016\u0003\u0001nonsense\r\n\r\n"), /^HTTP\/1\.1 400 /);
            const endless = `GET / HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(20_000)}\r\n\r\n`;
            assert.match(await rawExchange(gateway.url, endless), /^HTTP\/1\.1 431 /);
        });

        it("sends away a producer and a browser that come too often, saying when to come back", async () => {
            const strict = await TestGateway.start(kafka.brokers, {
                REQUESTS_PER_MINUTE: "3",
                ACTIONS_PER_MINUTE: "3",
            });
            try {
                const posts: Answer[] = [];
                const reports: Answer[] = [];
                for (let n = 0; n < 5; n += 1) {
                    posts.push(await strict.post(path, order("often")));
                    // Another claimed address each time: without a trusted proxy it is the same browser.
                    reports.push(
                        await strict.report(
                            { actions: [action(`often-${String(n)}`)] },
                            { "x-forwarded-for": `9.9.9.${String(n)}` },
                        ),
                    );
                }
                for (const answers of [posts, reports]) {
                    assert.deepEqual(
                        answers.map(({ status }) => status),
                        [200, 200, 200, 429, 429],
                    );
                    assert.match(answers[4]?.headers.get("retry-after") ?? "", /^[1-9]\d?$/);
                }
            } finally {
                await strict.stop();
            }
        });
    });

    describe("browsers", () => {
        /** Addresses of stored actions by the ids their browsers gave them. */
        const addresses = async (): Promise<Map<string, unknown>> => {
            const events = (await topics.values(userActions)).map(
                (value) => JSON.parse(value) as Record<string, unknown>,
            );
            return new Map(events.map(({ event_id, ip }) => [String(event_id).replace(`${website}:`, ""), ip]));
        };

        it("lets pages of allowed origins report, and others not, before and after they ask", async () => {
            const ask = (from: string) =>
                gateway.fetch("/v1/actions", {
                    method: "OPTIONS",
                    headers: { origin: from, "access-control-request-method": "POST" },
                });
            assert.equal((await ask(origin)).headers.get("access-control-allow-origin"), origin);
            assert.equal((await ask("https://evil.example.com")).headers.get("access-control-allow-origin"), null);
            const own = await gateway.report({ actions: [action("allowed")] });
            assert.deepEqual([own.status, own.headers.get("access-control-allow-origin")], [200, origin]);
            for (const foreign of [
                "https://evil.example.com",
                "null",
                "https://app.example.com.evil.example.com",
                "",
            ]) {
                const answer = await gateway.report({ actions: [action("foreign")] }, { origin: foreign });
                assert.equal(answer.status, 403, foreign);
                assert.equal(
                    detail(answer),
                    `Origin: found ${JSON.stringify(foreign)}, which is no page of this gateway; allow it with config gatewayActionsOrigins`,
                );
            }
        });

        it("takes nothing from a page but views, clicks and declared names", async () => {
            const claims: Record<string, unknown>[] = [
                { ...action("1"), action: "login_succeeded" },
                { ...action("2"), user_id: "somebody" },
                { ...action("3"), ip: "1.2.3.4" },
                { ...action("4"), element: "<script>" },
                { ...action("5"), action_id: "" },
                { ...action("6"), value: "what was typed" },
            ];
            const { status, body } = await gateway.report<Receipt>({ actions: claims });
            assert.deepEqual([status, body.rejected], [422, claims.length]);
            for (const report of [
                "",
                "{",
                "[]",
                "null",
                { actions: [] },
                { actions: "x" },
                { actions: [action("7")], user_id: "u" },
            ])
                assert.equal((await gateway.report(report)).status, 400, JSON.stringify(report));
        });

        it("believes no X-Forwarded-For of a stranger", async () => {
            await gateway.report(
                { actions: [action("forged")] },
                { "x-forwarded-for": "6.6.6.6", "x-real-ip": "6.6.6.6", forwarded: "for=6.6.6.6" },
            );
            assert.equal((await addresses()).get("forged"), "127.0.0.1");
        });

        it("takes the address before the trusted proxies, whatever stands before it", async () => {
            const behind = await TestGateway.start(kafka.brokers, { TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8" });
            try {
                const chains: [id: string, chain: string, expected: string | null][] = [
                    ["one", "203.0.113.7", "203.0.113.7"],
                    ["two", "6.6.6.6, 203.0.113.7, 10.1.2.3", "203.0.113.7"],
                    ["six", "6.6.6.6, 2001:db8::7, 10.1.2.3", "2001:db8::7"],
                    ["mapped", "::ffff:203.0.113.7", "203.0.113.7"],
                    ["markup", "203.0.113.7, <script>alert(1)</script>", null],
                ];
                for (const [id, chain] of chains)
                    assert.equal(
                        (await behind.report({ actions: [action(id)] }, { "x-forwarded-for": chain })).status,
                        200,
                    );
                const stored = await addresses();
                for (const [id, chain, expected] of chains) assert.equal(stored.get(id), expected, chain);
            } finally {
                await behind.stop();
            }
        });

        it("serves a script that a page of any origin may load", async () => {
            const { status, headers, body } = await gateway.fetch<string>("/v1/actions.js");
            assert.deepEqual(
                [
                    status,
                    headers.get("content-type"),
                    headers.get("cross-origin-resource-policy"),
                    headers.get("x-content-type-options"),
                ],
                [200, "text/javascript; charset=utf-8", "cross-origin", "nosniff"],
            );
            assert.doesNotThrow(() => new Script(body));
        });
    });
});
