// Proves: what fake servers show of Ethereum and Solana goes through the worker, real Kafka and real ClickHouse and is equal field by field; the
// addresses come from the configuration and from reference data; a removal compensates; trouble of every kind loses nothing; three kill -9 with
// reorganisations in between lose nothing and double nothing.
// Does not prove: that Etherscan's and Solana's own servers show what they document.
import assert from "node:assert/strict";
import { addresses } from "../../../schema/references/addresses";
import { onChainSoak } from "../../soak/on-chain";
import { evmAddress, evmHash, FakeEtherscan, FakeEvmChain, type FakeTransaction } from "../../support/fakes/etherscan";
import {
    FakeLedger,
    FakeSolana,
    solanaKey,
    solanaSignature,
    transferSol,
    transferToken,
} from "../../support/fakes/solana";
import { until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";
import { WorkerProcess } from "../../support/worker";

const run = `engine-${String(Date.now())}`;
const ours = evmAddress(`${run} ours`);
const deposit = evmAddress(`${run} deposit`);
const theirs = evmAddress(`${run} theirs`);
const wallet = solanaKey(`${run} wallet`);
const payer = solanaKey(`${run} payer`);
const apiKey = "an-etherscan-key-0815";

type Row = Record<string, unknown>;

describe("on-chain: from the chains to the facts", function () {
    this.timeout(300_000);
    const now = Math.floor(Date.now() / 1_000);
    const chain = new FakeEvmChain(19_000_000, now - 3_600);
    const ledger = new FakeLedger(300_000_000, now - 3_600);
    const explorer = new FakeEtherscan({ chains: { "1": chain }, key: apiKey, perSecond: 1_000 });
    const node = new FakeSolana(ledger);
    let stack: TestStack;
    let worker: WorkerProcess;

    before(async () => {
        stack = await sharedStack();
        await explorer.start();
        await node.start();
        worker = await WorkerProcess.start("on-chain", {
            KAFKA_BROKERS: stack.brokers,
            CLICKHOUSE_URL: stack.clickhouseUrl,
            ON_CHAIN_ADDRESSES: `ethereum:${ours},solana:${wallet}`,
            ON_CHAIN_CONFIRMATIONS: "2",
            ON_CHAIN_POLL_INTERVAL_MS: "100",
            ETHERSCAN_URL: explorer.url,
            ETHERSCAN_API_KEY: apiKey,
            ETHERSCAN_REQUESTS_PER_SECOND: "200",
            SOLANA_RPC_URL: node.url,
            SOLANA_REQUESTS_PER_SECOND: "200",
            HTTP_PRIVATE_ORIGINS: `${explorer.server.origin},${node.server.origin}`,
        });
    });

    after(async () => {
        const code = await worker.stop();
        await explorer.stop();
        await node.stop();
        assert.equal(code, 0, "SIGTERM ends the worker cleanly");
        assert.ok(!worker.output.includes(apiKey), "the key is in no log");
    });

    const rows = (address: string): Promise<Row[]> =>
        stack.rows<Row>(
            `SELECT * EXCEPT (event_id, received_at, ingested_at, _topic, _partition, _offset, amount), toString(amount) AS amount
             FROM trading.on_chain_transfers WHERE watched_address = {address:String}
             ORDER BY block_number, transaction_hash, transfer_index, status, block_hash`,
            { address },
        );
    const arrived = (address: string, count: number): Promise<Row[]> =>
        until(
            `${String(count)} rows of ${address}`,
            async () => {
                const found = await rows(address);
                return found.length >= count && found;
            },
            60_000,
        );
    const empty = (blocks: number): void => void Array.from({ length: blocks }, () => chain.mine());
    const iso = (seconds: number): string =>
        `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace("T", " ")}.000000`;

    it("gives coins and tokens of Ethereum, equal field by field", async () => {
        const contract = evmAddress(`${run} contract`);
        const huge = 2n ** 256n - 1n;
        const tokens = [
            { contract, symbol: "USDC", decimals: "6", from: theirs, to: ours, value: huge },
            { contract, symbol: "USDC", decimals: "6", from: ours, to: theirs, value: 1n },
        ];
        const hash = evmHash(`${run} first`);
        const failed: FakeTransaction = {
            hash: evmHash(`${run} failed`),
            from: theirs,
            to: ours,
            value: 5n,
            failed: true,
        };
        const block = chain.mine({ hash, from: theirs, to: ours, value: 10n ** 18n + 1n, tokens }, failed);
        empty(2);
        const found = await arrived(ours, 3);
        const common = {
            event_time: iso(block.time),
            source_id: "on-chain/ethereum",
            source_seq: null,
            origin: "live",
            run_id: null,
            original_time: null,
            chain: "ethereum",
            transaction_hash: hash,
            status: "confirmed",
            revision: null,
            block_number: block.number,
            block_hash: block.hash,
            watched_address: ours,
        };
        const coin = { token: "ETH", contract_address: null, decimals: 18 };
        const token = { token: "USDC", contract_address: contract, decimals: 6 };
        const inward = { from_address: theirs, to_address: ours };
        const outward = { from_address: ours, to_address: theirs };
        assert.deepEqual(found, [
            { ...common, ...coin, ...inward, transfer_index: 0, amount: String(10n ** 18n + 1n) },
            { ...common, ...token, ...inward, transfer_index: 1, amount: String(huge) },
            { ...common, ...token, ...outward, transfer_index: 2, amount: "1" },
        ]);
    });

    it("gives coins and tokens of Solana, equal field by field", async () => {
        const [mint, from, to] = [solanaKey(`${run} mint`), solanaKey(`${run} from`), solanaKey(`${run} to`)];
        ledger.lamports.set(payer, 2n ** 62n);
        ledger.tokens.set(from, { mint, owner: payer, decimals: 6, amount: 50n });
        ledger.tokens.set(to, { mint, owner: wallet, decimals: 6, amount: 0n });
        const signature = solanaSignature(`${run} first`);
        const slot = ledger.record({
            signature,
            accounts: [payer, wallet, from, to],
            instructions: [transferSol(payer, wallet, 9_007_199_254_740_993n), transferToken(from, to, 7n, payer)],
        });
        const found = await arrived(wallet, 2);
        const common = {
            event_time: iso(now - 3_600 + 1),
            source_id: "on-chain/solana",
            source_seq: null,
            origin: "live",
            run_id: null,
            original_time: null,
            chain: "solana",
            transaction_hash: signature,
            status: "confirmed",
            revision: null,
            block_number: slot,
            block_hash: null,
            from_address: payer,
            to_address: wallet,
            watched_address: wallet,
        };
        const coin = { token: "SOL", contract_address: null, decimals: 9 };
        const token = { token: mint, contract_address: mint, decimals: 6 };
        assert.deepEqual(found, [
            { ...common, ...coin, transfer_index: 0, amount: "9007199254740993" },
            { ...common, ...token, transfer_index: 1, amount: "7" },
        ]);
    });

    it("compensates what a reorganisation removed: the sum of an address is that of the chain", async () => {
        const pay = (name: string, value: bigint): FakeTransaction => ({
            hash: evmHash(`${run} ${name}`),
            from: theirs,
            to: ours,
            value,
        });
        chain.mine(pay("kept", 3n));
        chain.mine(pay("gone", 40n));
        empty(2);
        await arrived(ours, 5);
        chain.reorganise(3);
        chain.mine(pay("instead", 500n));
        empty(3);
        const found = await arrived(ours, 7);
        const sum = await stack.rows<{ sum: string }>(
            `SELECT toString(sum(toInt256(amount) * if(status = 'removed', -1, 1))) AS sum FROM trading.on_chain_transfers
             WHERE watched_address = {ours:String} AND token = 'ETH' AND amount < 1000`,
            { ours },
        );
        assert.equal(sum[0]?.sum, "503");
        const removed = found.filter(({ status }) => status === "removed");
        assert.deepEqual(
            removed.map(({ transaction_hash, amount, event_time }) => [transaction_hash, amount, event_time]),
            found
                .filter(
                    ({ transaction_hash, status }) =>
                        transaction_hash === pay("gone", 0n).hash && status === "confirmed",
                )
                .map(({ transaction_hash, amount, event_time }) => [transaction_hash, amount, event_time]),
        );
        assert.equal(removed.length, 1);
    });

    it("goes on after trouble of every kind", async () => {
        explorer.server.fail(
            { kind: "status", status: 429, headers: { "retry-after": "1" } },
            { kind: "status", status: 500 },
            { kind: "cut" },
            { kind: "reset" },
            { kind: "contentType", contentType: "text/html" },
            { kind: "status", status: 307, headers: { location: "http://10.0.0.1/v2/api" } },
        );
        node.server.fail(
            { kind: "status", status: 429 },
            { kind: "status", status: 502 },
            { kind: "cut" },
            { kind: "contentType", contentType: "text/plain" },
            { kind: "status", status: 301, headers: { location: "http://[::1]/" } },
        );
        chain.mine({ hash: evmHash(`${run} trouble`), from: theirs, to: ours, value: 7n });
        empty(2);
        ledger.record({
            signature: solanaSignature(`${run} trouble`),
            accounts: [payer, wallet],
            instructions: [transferSol(payer, wallet, 5n)],
        });
        await arrived(ours, 8);
        await arrived(wallet, 3);
        assert.match(worker.output, /redirected to .* not followed/);
    });

    it("watches the venue's own addresses of the reference data", async () => {
        chain.mine({ hash: evmHash(`${run} deposit`), from: theirs, to: deposit, value: 11n });
        empty(2);
        const event = {
            event_time: new Date().toISOString(),
            source_id: "test",
            origin: "live" as const,
            chain: "ethereum",
            // As a person writes it, in capitals.
            address: `0x${deposit.slice(2).toUpperCase()}`,
            role: "deposit" as const,
            active: true,
        };
        const value = JSON.stringify({ ...event, event_id: addresses.eventId(event) });
        const producer = await stack.producer();
        await producer.send({ topic: addresses.topic.name, messages: [{ key: addresses.kafkaKey(event), value }] });
        await producer.disconnect();
        const [found] = await until(
            "a row of the deposit address",
            async () => {
                const all = await rows(deposit);
                return all.length > 0 && all;
            },
            120_000,
        );
        assert.deepEqual([found?.["amount"], found?.["to_address"]], ["11", deposit]);
    });
});

describe("on-chain: survival under kill -9", function () {
    this.timeout(600_000);

    it("loses no transfer and doubles none over three kills, with reorganisations in between", async () => {
        const report = await onChainSoak(await sharedStack(), { kills: 3, seed: 5, say: () => undefined });
        const { lost, wrong, doubled } = report;
        assert.deepEqual({ lost, wrong, doubled }, { lost: 0, wrong: 0, doubled: 0 }, JSON.stringify(report));
        assert.ok(report.removed > 0, "a reorganisation removed something that was confirmed");
    });
});
