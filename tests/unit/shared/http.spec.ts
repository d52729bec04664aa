// Proves, with real sockets on loopback: no connection to an address that is not public, by whatever spelling, name or redirect; limits of size
// and time; what is tried again and when; one host is not asked too often. Does not prove: anything of servers on the internet.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import {
    HttpClient,
    type HttpClientOptions,
    type HttpRequest,
    retryAfter,
} from "../../../functions/shared/http/client";
import { isPublicAddress } from "../../../functions/shared/http/guard";
import { HostPace } from "../../../functions/shared/http/pace";
import { HttpProblem } from "../../../functions/shared/http/problem";
import { FakeServer } from "../../support/fakes/server";

describe("outbound HTTP", () => {
    let server: FakeServer;
    /** Counts connections that should never come. */
    let canary: FakeServer;
    const clients: HttpClient[] = [];

    beforeEach(async () => {
        server = await new FakeServer().start();
        canary = await new FakeServer().start();
    });

    afterEach(async () => {
        await Promise.all(clients.splice(0).map((client) => client.close()));
        await Promise.all([server.stop(), canary.stop()]);
    });

    function client(options: Partial<HttpClientOptions> = {}): HttpClient {
        const made = new HttpClient({
            ...{ userAgent: "test", privateOrigins: [server.origin], intervalMs: 0, timeoutMs: 2_000 },
            ...{ maxBytes: 10_000, attempts: 1, backoffMs: 1 },
            ...options,
        });
        clients.push(made);
        return made;
    }

    async function problem(request: HttpRequest, options: Partial<HttpClientOptions> = {}): Promise<HttpProblem> {
        try {
            await client(options).send(request);
        } catch (error) {
            assert.ok(error instanceof HttpProblem, String(error));
            return error;
        }
        return assert.fail(`${request.url} was answered`);
    }

    const path = (where: string): string => `${server.origin}${where}`;

    describe("the guard", () => {
        const port = (): string => new URL(canary.origin).port;
        for (const host of [
            ...["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0.0.0.0", "127.0.0.1."],
            ...["[::1]", "[::ffff:127.0.0.1]", "[::]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"],
            ...["[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "100.64.0.1", "224.0.0.1"],
            ...["①②⑦.⓪.⓪.①", "user@127.0.0.1", "255.255.255.255"],
        ]) {
            it(`refuses ${host}`, async () => {
                const refused = await problem({ url: `http://${host}:${port()}/` });
                assert.equal(refused.kind, "refused", refused.message);
                assert.equal(refused.passing, false);
                assert.equal(canary.requests.length, 0);
            });
        }

        for (const url of ["file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "nothing"]) {
            it(`refuses ${url}`, async () => assert.equal((await problem({ url })).kind, "refused"));
        }

        it("refuses a public name that resolves to a private address, even beside a public one", async () => {
            for (const addresses of [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::1"]]) {
                const resolve = (): Promise<string[]> => Promise.resolve(addresses);
                const refused = await problem({ url: `http://feeds.example:${port()}/` }, { resolve });
                assert.match(refused.message, /feeds\.example is at .*, which is not a public address/);
            }
            assert.equal(canary.requests.length, 0);
        });

        it("asks the resolver once per connection, so that there is no second answer to differ", async () => {
            let lookups = 0;
            const resolve = (): Promise<string[]> => Promise.resolve([lookups++ === 0 ? "10.0.0.1" : "127.0.0.1"]);
            await problem({ url: `http://rebinding.example:${port()}/` }, { resolve });
            assert.equal(lookups, 1);
        });

        it("refuses redirects to private addresses, also to an exempt one that was not asked for", async () => {
            const other = await new FakeServer().start();
            server.on("/away", () => ({ status: 302, headers: { location: `${canary.origin}/x?token=1` }, body: "" }));
            server.on("/exempt", () => ({ status: 302, headers: { location: `${other.origin}/` }, body: "" }));
            const privateOrigins = [server.origin, other.origin];
            for (const where of ["/away", "/exempt"]) {
                const refused = await problem({ url: path(where), redirects: 3 }, { privateOrigins });
                assert.equal(refused.kind, "refused");
                assert.match(refused.message, /127\.0\.0\.1 is not a public address/);
            }
            assert.equal(canary.requests.length + other.requests.length, 0);
            await other.stop();
        });

        it("judges addresses by the IANA registries", () => {
            for (const address of ["1.1.1.1", "93.184.215.14", "2606:4700::1111"]) assert.ok(isPublicAddress(address));
            for (const address of ["192.0.2.1", "198.18.0.1", "2001:db8::1", "", "example.com"])
                assert.ok(!isPublicAddress(address), address);
        });
    });

    describe("redirects", () => {
        beforeEach(() => {
            server.on("/old", () => ({ status: 301, headers: { location: "/new" }, body: "" }));
            server.on("/new", () => ({ body: "{}" }));
            server.on("/loop", () => ({ status: 302, headers: { location: "/loop" }, body: "" }));
        });

        it("are followed within their number, for GET alone", async () => {
            const answer = await client().send({ url: path("/old"), redirects: 1 });
            assert.equal(answer.url, path("/new"));
            assert.match((await problem({ url: path("/old") })).message, /redirected to .*\/new, not followed/);
            assert.equal((await problem({ url: path("/old"), redirects: 1, method: "POST" })).kind, "refused");
            assert.equal((await problem({ url: path("/loop"), redirects: 5 })).kind, "refused");
            assert.equal(server.asked("/loop").length, 6);
        });
    });

    describe("limits", () => {
        it("stop a body that is too large, also one that only grows when it is unpacked", async () => {
            const zeros = Buffer.alloc(1_000_000);
            server.on("/plain", () => ({ body: zeros }));
            server.on("/packed", () => ({ headers: { "content-encoding": "gzip" }, body: gzipSync(zeros) }));
            for (const where of ["/plain", "/packed"])
                assert.equal((await problem({ url: path(where) })).kind, "too-large", where);
        });

        it("stop waiting for silence", async () => {
            server.fail({ kind: "hang" });
            const late = await problem({ url: path("/") }, { timeoutMs: 50 });
            assert.deepEqual([late.kind, late.passing], ["timeout", true]);
        });

        it("take only the content types asked for", async () => {
            server.on("/page", () => ({ headers: { "content-type": "text/html; charset=utf-8" }, body: "<p>" }));
            const wrong = await problem({ url: path("/page"), accept: ["application/json"] });
            assert.equal(wrong.kind, "content-type");
            assert.match(wrong.message, /the answer is text\/html; charset=utf-8, expected application\/json/);
        });

        it("space requests to one host", async () => {
            let now = 1_000;
            const pace = new HostPace(200, () => now);
            await pace.turn("a", AbortSignal.abort());
            assert.equal(pace.wait("a"), 200);
            assert.equal(pace.wait("b"), 0);
            pace.hold("b", 5_000);
            assert.equal(pace.wait("b"), 5_000);
            now += 5_000;
            assert.equal(pace.wait("b"), 0);
        });
    });

    describe("trouble that may pass", () => {
        beforeEach(() => server.on("/json", () => ({ body: '{"price":"1.10"}' })));

        it("is met by trying again: 429, 503, a lost connection, cut JSON", async () => {
            server.fail({ kind: "status", status: 429, headers: { "retry-after": "0" } });
            server.fail({ kind: "status", status: 503 }, { kind: "reset" }, { kind: "cut" });
            assert.deepEqual(await client({ attempts: 5 }).json({ url: path("/json") }), { price: "1.10" });
            assert.equal(server.requests.length, 5);
        });

        it("is given up after the last attempt, in words", async () => {
            server.fail({ kind: "status", status: 502 }, { kind: "status", status: 502 });
            const failed = await problem({ url: path("/json?apikey=secret") }, { attempts: 2 });
            assert.equal(failed.message, `${server.origin}/json: answered 502`);
            assert.equal(server.requests.length, 2);
        });

        it("is not waited for when the server asks for more time than there is, and the host is left alone", async () => {
            server.fail({ kind: "status", status: 429, headers: { "retry-after": "3600" } });
            const asking = client({ attempts: 5, patienceMs: 1_000 });
            for (const words of [/answered 429, to be asked again in 3600 s/, /left alone for 3[56]\d\d s more/])
                await assert.rejects(asking.send({ url: path("/json") }), words);
            assert.equal(server.requests.length, 1);
        });

        it("does not include refusals: 401 and 404 are asked once", async () => {
            for (const status of [401, 404]) {
                server.fail({ kind: "status", status, body: "no such key: secret" });
                const failed = await problem({ url: path("/json") }, { attempts: 3 });
                assert.deepEqual([failed.status, failed.excerpt], [status, "no such key: secret"]);
                assert.ok(!failed.message.includes("secret"));
            }
            assert.equal(server.requests.length, 2);
        });

        it("reads Retry-After as seconds and as a date, and never longer than a day", () => {
            const now = Date.parse("2026-11-22T12:00:00Z");
            assert.equal(retryAfter("7", now), 7_000);
            assert.equal(retryAfter("Sun, 22 Nov 2026 12:01:00 GMT", now), 60_000);
            assert.equal(retryAfter("Sun, 22 Nov 2026 11:00:00 GMT", now), 0);
            assert.equal(retryAfter("999999999", now), 86_400_000);
            assert.equal(retryAfter("soon", now), undefined);
        });
    });

    it("ends what is under way when it is closed", async () => {
        server.fail({ kind: "hang" });
        const asking = client({ timeoutMs: 60_000 });
        const ended = assert.rejects(
            asking.send({ url: path("/") }),
            (error) => error instanceof HttpProblem && error.kind === "closed",
        );
        while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
        await asking.close();
        await ended;
    });

    it("decodes by the declared charset, and passes 304 on", async () => {
        const latin = { "content-type": "text/plain; charset=iso-8859-1" };
        server.on("/latin", () => ({ headers: latin, body: Buffer.from("caf\xe9", "latin1") }));
        server.on("/same", () => ({ status: 304, body: "" }));
        assert.equal((await client().send({ url: path("/latin") })).text, "café");
        const same = await client().send({ url: path("/same"), headers: { "if-none-match": '"1"' } });
        assert.equal(same.status, 304);
        assert.equal(server.asked("/same")[0]?.headers["if-none-match"], '"1"');
    });
});
