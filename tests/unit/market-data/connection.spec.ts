// Proves, with real sockets on loopback: the connection comes back after every way to lose it, overlaps when the change is planned, and keeps to
// the venue's limits; snapshots are asked for until they come. Not: the venue's own behaviour.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { pino } from "pino";
import { type WebSocket, WebSocketServer } from "ws";
import { Connection, type ConnectionLimits, type Outage, venueLimits } from "../../../functions/market-data/connection";
import { RateLimiter } from "../../../functions/market-data/limiter";
import { type Link } from "../../../functions/market-data/link";
import { SnapshotFetcher } from "../../../functions/market-data/snapshots";
import { fullJitter } from "../../../functions/shared/backoff";
import { until } from "../../support/processes";

const log = pino({ level: "silent" });
const listen = (server: Server): Promise<number> =>
    new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));

describe("venue connection", () => {
    let server: Server;
    let sockets: WebSocket[];
    let onSocket: (socket: WebSocket) => void;
    let url: string;
    let connection: Connection | undefined;

    beforeEach(async () => {
        sockets = [];
        onSocket = () => undefined;
        server = createServer();
        new WebSocketServer({ server }).on("connection", (socket) => {
            sockets.push(socket);
            onSocket(socket);
        });
        url = `ws://127.0.0.1:${await listen(server)}/stream`;
    });

    afterEach(async () => {
        await connection?.stop();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    });

    function connect(limits: Partial<ConnectionLimits> = {}): { texts: string[]; opens: (Outage | undefined)[] } {
        const texts: string[] = [];
        const opens: (Outage | undefined)[] = [];
        const quick = { ...venueLimits, overlapMs: 20, backoffBaseMs: 5, backoffCapMs: 20, ...limits };
        const onMessage = (text: string, link: Link): void => {
            texts.push(text);
            if (text === "shutdown") link.leave("serverShutdown");
        };
        connection = new Connection(url, quick, { onMessage, onOpen: (outage) => void opens.push(outage) }, log);
        connection.start();
        return { texts, opens };
    }

    it("delivers messages, answers pings, and is well while connected", async () => {
        const { texts, opens } = connect();
        assert.match(connection?.problem() ?? "", /not connected yet/);
        let pongs = 0;
        onSocket = (socket) => {
            socket.on("pong", (payload) => (pongs += payload.toString() === "17" ? 1 : 0));
            socket.ping("17");
            socket.send("币");
        };
        await until("message and pong", () => texts.length === 1 && pongs === 1);
        assert.deepEqual(texts, ["币"]);
        assert.deepEqual(opens, [undefined]);
        assert.equal(connection?.problem(), undefined);
    });

    it("comes back after the venue closed, and says since when it was gone", async () => {
        const { opens } = connect();
        await until("connected", () => sockets.length === 1);
        sockets[0]?.close(1001, "bye");
        await until("connected again", () => opens.length === 2);
        assert.equal(opens[1]?.reason, "closed");
        assert.match(opens[1].detail, /1001, bye/);
    });

    it("comes back when the venue was not there at all", async () => {
        const port = Number(new URL(url).port);
        await new Promise((resolve) => server.close(resolve));
        const { opens } = connect();
        await until("a failed attempt", () => connection?.problem()?.includes("ECONNREFUSED"));
        await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
        await until("connected", () => opens.length === 1);
    });

    it("replaces a silent connection; pings count as life", async () => {
        const { opens } = connect({ silenceMs: 150 });
        const pings = new Set<NodeJS.Timeout>();
        onSocket = (socket) => {
            if (sockets.length > 1) pings.add(setInterval(() => socket.ping(), 20));
        };
        await until("replaced", () => opens.length === 2);
        assert.equal(opens[1]?.reason, "silent");
        const second = sockets[1];
        let pongs = 0;
        second?.on("pong", () => (pongs += 1));
        await until("twenty pings answered", () => pongs >= 20);
        assert.equal(opens.length, 2, "no message, but still the same connection");
        pings.forEach((timer) => clearInterval(timer));
    });

    for (const planned of ["lifetime", "serverShutdown"]) {
        it(`overlaps connections at ${planned}: the old one goes after the new one delivers`, async () => {
            const { texts, opens } = connect(planned === "lifetime" ? { lifetimeMs: 300 } : {});
            onSocket = (socket) => {
                if (planned === "serverShutdown" && sockets.length === 1) socket.send("shutdown");
            };
            await until("a second connection", () => sockets.length === 2);
            const [first, second] = sockets;
            assert.equal(first?.readyState, 1, "the old one is still there");
            first.send("from the old");
            await until("still delivering", () => texts.includes("from the old"));
            second?.send("from the new");
            await until("the new one delivers", () => texts.includes("from the new"));
            await until("the old one closed", () => first.readyState === 3);
            assert.deepEqual(opens.slice(0, 2), [undefined, undefined], "no outage");
        });
    }

    it("stops at once, also while it waits for its next attempt", async () => {
        await new Promise((resolve) => server.close(resolve));
        connect({ backoffBaseMs: 1_000_000, backoffCapMs: 1_000_000 });
        await until("a failed attempt", () => connection?.problem()?.includes("ECONNREFUSED"));
        await connection?.stop();
        server = createServer();
        await listen(server);
    });
});

describe("limits", () => {
    it("lets no more attempts through than allowed in any window", () => {
        let now = 0;
        const limiter = new RateLimiter(3, 100, () => now);
        assert.deepEqual([limiter.take(), limiter.take(), limiter.take()], [0, 0, 0]);
        now = 40;
        assert.equal(limiter.take(), 60);
        now = 100;
        assert.equal(limiter.take(), 0);
    });

    it("waits anything between nothing and the doubled time, up to the cap", () => {
        assert.equal(
            fullJitter(0, 500, 30_000, () => 1),
            500,
        );
        assert.equal(
            fullJitter(3, 500, 30_000, () => 1),
            4_000,
        );
        assert.equal(
            fullJitter(99, 500, 30_000, () => 1),
            30_000,
        );
        assert.equal(
            fullJitter(3, 500, 30_000, () => 0),
            0,
        );
    });
});

describe("order-book snapshots", () => {
    let server: Server;
    let answer: (request: IncomingMessage, response: ServerResponse) => void;
    let urls: string[];
    let base: string;

    beforeEach(async () => {
        urls = [];
        server = createServer((request, response) => {
            urls.push(request.url ?? "");
            answer(request, response);
        });
        base = `http://127.0.0.1:${await listen(server)}`;
    });

    afterEach(async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
    });

    it("asks with the symbol encoded, one request at a time, and hands on the answer", async () => {
        let open = 0;
        answer = (_request, response) => {
            assert.equal((open += 1), 1);
            setImmediate(() => {
                open -= 1;
                response.end('{"lastUpdateId":1}');
            });
        };
        const got: [string, unknown][] = [];
        const fetcher = new SnapshotFetcher(base, (symbol, body) => void got.push([symbol, body]), log);
        for (const symbol of ["A", "币USDT", "A"]) fetcher.request(symbol);
        await until("two answers", () => got.length === 2);
        assert.deepEqual(
            urls.sort(),
            [
                `/api/v3/depth?symbol=${encodeURIComponent("币USDT")}&limit=5000`,
                "/api/v3/depth?symbol=A&limit=5000",
            ].sort(),
        );
        await fetcher.stop();
    });

    it("asks again after a failure, and when the answer does not fit", async () => {
        answer = (_request, response) => {
            if (urls.length === 1) response.writeHead(500).end("oops");
            else response.end(JSON.stringify({ lastUpdateId: urls.length }));
        };
        let fits = 0;
        const fetcher = new SnapshotFetcher(
            base,
            (_symbol, body) => {
                if ((body as { lastUpdateId: number }).lastUpdateId < 3) throw new Error("too old");
                fits += 1;
            },
            log,
        );
        fetcher.request("A");
        await until("one that fits", () => fits === 1);
        assert.equal(urls.length, 3);
        assert.equal(fetcher.problemOf("A"), undefined);
        await fetcher.stop();
    });

    it("waits as long as the venue says, with all symbols", async () => {
        const times: number[] = [];
        answer = (_request, response) => {
            times.push(performance.now());
            if (times.length === 1) response.writeHead(429, { "retry-after": "1" }).end("{}");
            else response.end("{}");
        };
        let answers = 0;
        const fetcher = new SnapshotFetcher(base, () => (answers += 1), log);
        fetcher.request("A");
        fetcher.request("B");
        await until("both", () => answers === 2);
        // A lower bound only: it was told to wait a second (timers may be a little early).
        assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 950);
        await fetcher.stop();
    });

    it("stops at once while it waits", async () => {
        answer = (_request, response) => response.writeHead(418, { "retry-after": "3600" }).end("{}");
        const fetcher = new SnapshotFetcher(base, () => assert.fail(), log);
        fetcher.request("A");
        await until("refused", () => fetcher.problemOf("A")?.includes("418"));
        await fetcher.stop();
        assert.equal(urls.length, 1);
    });

    it("can be asked again from within an answer", async () => {
        answer = (_request, response) => response.end("{}");
        let answers = 0;
        const fetcher: SnapshotFetcher = new SnapshotFetcher(
            base,
            (symbol) => {
                answers += 1;
                if (answers < 3) fetcher.request(symbol);
            },
            log,
        );
        fetcher.request("A");
        await until("three answers", () => answers === 3);
        await fetcher.stop();
    });
});
