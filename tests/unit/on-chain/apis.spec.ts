// Proves: every kind of trouble an API gives (429, 5xx, silence, JSON cut short, other content, redirects, limits told with HTTP 200, errors of
// JSON-RPC) either passes by asking again or ends in words without key or URL. Does not prove: limits of the real services.
import assert from "node:assert/strict";
import { ApiProblem, type Endpoint } from "../../../functions/on-chain/ask";
import { Etherscan } from "../../../functions/on-chain/etherscan/api";
import { parseExactly } from "../../../functions/on-chain/solana/json";
import { SolanaRpc } from "../../../functions/on-chain/solana/rpc";
import { FakeEtherscan, FakeEvmChain, evmAddress, evmHash } from "../../support/fakes/etherscan";
import { type Fault, FakeServer } from "../../support/fakes/server";
import { FakeLedger, FakeSolana, solanaKey } from "../../support/fakes/solana";
import { endpointTo, ethereum } from "../../support/on-chain";

const key = "SECRETKEY123";
const range = { from: 0, page: 1, offset: 10 };

const passing: readonly (readonly [string, Fault])[] = [
    ["429 with Retry-After", { kind: "status", status: 429, headers: { "retry-after": "0" } }],
    ["503", { kind: "status", status: 503 }],
    ["JSON cut short", { kind: "cut" }],
    ["a connection lost within the answer", { kind: "reset" }],
];

const lasting: readonly (readonly [string, Fault, RegExp])[] = [
    ["another content type", { kind: "contentType", contentType: "text/html" }, /text\/html/],
    [
        "a redirect to a private address",
        { kind: "status", status: 302, headers: { location: "http://169.254.169.254/latest/meta-data" } },
        /redirected to .*not followed/,
    ],
    ["403", { kind: "status", status: 403 }, /answered 403/],
];

/** The problem a question ends with. */
async function problemOf(question: Promise<unknown>): Promise<ApiProblem> {
    try {
        await question;
    } catch (error) {
        assert.ok(error instanceof ApiProblem, String(error));
        return error;
    }
    assert.fail("there was an answer");
}

describe("on-chain: Etherscan in trouble", () => {
    const ours = evmAddress("ours");
    let chain: FakeEvmChain;
    let explorer: FakeEtherscan;
    let endpoint: Endpoint;
    let api: Etherscan;

    beforeEach(async () => {
        chain = new FakeEvmChain(1, 1_700_000_000);
        chain.mine({ hash: evmHash("a"), from: evmAddress("b"), to: ours, value: 1n });
        explorer = await new FakeEtherscan({ chains: { "1": chain }, key, perSecond: 4 }).start();
        endpoint = endpointTo(explorer.url, { secrets: [key] });
        api = new Etherscan(endpoint, key);
    });
    afterEach(() => explorer.stop());

    for (const [what, fault] of passing)
        it(`is asked again after ${what}`, async () => {
            explorer.server.fail(fault);
            assert.equal((await api.rows(ethereum, "txlist", ours, range)).length, 1);
            assert.equal(explorer.server.requests.length, 2);
        });

    for (const [what, fault, words] of lasting)
        it(`says what is wrong after ${what}`, async () => {
            explorer.server.fail(fault);
            assert.match((await problemOf(api.rows(ethereum, "txlist", ours, range))).message, words);
        });

    it("does not wait for ever", async () => {
        const impatient = new Etherscan(endpointTo(explorer.url, { timeoutMs: 100, attempts: 1 }), key);
        explorer.server.fail({ kind: "hang" });
        assert.match((await problemOf(impatient.tip(ethereum))).message, /no whole answer within 100 ms/);
        assert.equal(await impatient.tip(ethereum), 1);
    });

    it("waits when the rate limit answers with HTTP 200", async () => {
        await Promise.all(Array.from({ length: 8 }, () => api.tip(ethereum)));
        assert.ok(explorer.limited > 0, "the limit was reached");
    });

    it("says that the key is wrong, without the key", async () => {
        const wrong = new Etherscan(endpoint, `${key}x`);
        const { message } = await problemOf(wrong.rows(ethereum, "txlist", ours, range));
        assert.equal(message, "etherscan: NOTOK, Invalid API Key (#err2)|");
        assert.match((await problemOf(wrong.tip(ethereum))).message, /Invalid API Key/);
    });

    it("never shows the key, whatever a server echoes", async () => {
        const echo = await new FakeServer().start();
        const body = JSON.stringify({ status: "0", message: "NOTOK", result: `no such key: ${key}` });
        echo.on("/v2/api", () => ({ body })).on("/moved", () => ({ body }));
        const to = new Etherscan(endpointTo(`${echo.origin}/v2/api`, { secrets: [key] }), key);
        const told = [(await problemOf(to.tip(ethereum))).message];
        const location = `https://example.org/?apikey=${key}`;
        echo.fail({ kind: "status", status: 301, headers: { location } });
        told.push((await problemOf(to.tip(ethereum))).message);
        await echo.stop();
        assert.match(told[0] ?? "", /no such key: \[key\]/);
        assert.match(told[1] ?? "", /redirected to https:\/\/example\.org/);
        for (const words of told) assert.ok(!words.includes(key), words);
    });

    it("is not asked at a private address that nobody allowed", async () => {
        const unallowed = new Etherscan(endpointTo(explorer.url, { privateOrigins: [] }), key);
        assert.match((await problemOf(unallowed.tip(ethereum))).message, /not a public address/);
        assert.equal(explorer.server.requests.length, 0);
    });

    it("tells where a block is, and where none is", async () => {
        assert.equal(await api.blockHashOf(ethereum, evmHash("a")), chain.blocks[0]?.hash);
        assert.equal(await api.blockHashOf(ethereum, evmHash("nothing")), null);
        assert.equal(await api.blockAt(ethereum, 1_600_000_000), 1);
    });
});

describe("on-chain: Solana's RPC in trouble", () => {
    const wallet = solanaKey("ours");
    let node: FakeSolana;
    let rpc: SolanaRpc;

    beforeEach(async () => {
        node = await new FakeSolana(new FakeLedger(500, 1_700_000_000)).start();
        rpc = new SolanaRpc(endpointTo(node.url));
    });
    afterEach(() => node.stop());

    for (const [what, fault] of passing)
        it(`is asked again after ${what}`, async () => {
            node.server.fail(fault);
            assert.equal(await rpc.slot(), 500);
            assert.equal(node.server.requests.length, 2);
        });

    for (const [what, fault, words] of lasting)
        it(`says what is wrong after ${what}`, async () => {
            node.server.fail(fault);
            assert.match((await problemOf(rpc.slot())).message, words);
        });

    it("waits for a node that is behind", async () => {
        node.lag = 5;
        const asked = rpc.signatures(wallet, { minContextSlot: 500 });
        node.lag = 0;
        assert.deepEqual(await asked, []);
        node.lag = 5;
        const { message, kind } = await problemOf(rpc.signatures(wallet, { minContextSlot: 500 }));
        assert.match(message, /-32016 Minimum context slot/);
        assert.equal(kind, "passing");
    });

    it("says what the node refuses, and never the path or query its key is in", async () => {
        const secret = "0123456789abcdef";
        const server = await new FakeServer().start();
        const place = `${server.origin}/${secret}`;
        server.on(`/${secret}`, () => ({
            body: JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32602, message: `bad ${secret}` } }),
        }));
        const keyed = new SolanaRpc(endpointTo(place, { secrets: [secret] }));
        assert.equal((await problemOf(keyed.slot())).message, "solana: getSlot: -32602 bad [key]");
        server.fail({ kind: "status", status: 401 });
        assert.ok(!(await problemOf(keyed.slot())).message.includes(secret));
        await server.stop();
    });

    it("gives numbers of 64 bits with every digit", () => {
        assert.deepEqual(parseExactly('{"a":[18446744073709551615,-9007199254740993,1,1.5,"9007199254740993"]}'), {
            a: [18446744073709551615n, -9007199254740993n, 1, 1.5, "9007199254740993"],
        });
    });
});
