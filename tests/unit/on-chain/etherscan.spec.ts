// Proves: rows of Etherscan's lists become transfers with every digit, paging by blocks finds each row once, and what a reorganisation removes
// is taken back, against a fake explorer with the real one's limits.
// Does not prove: that the real explorer shows what it documents; there is no way to it from here.
import assert from "node:assert/strict";
import { decodeRows } from "../../../functions/on-chain/etherscan/decode";
import { readBlocks } from "../../../functions/on-chain/etherscan/listing";
import { transferEvent } from "../../../functions/on-chain/transfer";
import { onChainTransfers } from "../../../schema/facts/onChainTransfers";
import { evmAddress, FakeEtherscan, FakeEvmChain, type FakeTransaction, evmHash } from "../../support/fakes/etherscan";
import { drain, ethereum, Kept, listReader, type ListOptions } from "../../support/on-chain";

const ours = evmAddress("ours");
const theirs = evmAddress("theirs");
const key = "KEY";
const send = (name: string, value = 1n, to = ours): FakeTransaction => ({
    hash: evmHash(name),
    from: theirs,
    to,
    value,
});
const short = (name: string): string => evmHash(name).slice(0, 10);

/** A row as api.etherscan.io gives it. */
const row = {
    blockNumber: "21164320",
    timeStamp: "1731324659",
    hash: "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060",
    nonce: "2",
    blockHash: "0xad88ae6e3ca2f7e0cde1e2b5cc2d1c9c1a0b0c2e9f0e0a0f7a0a41b9a6c4f0aa",
    transactionIndex: "0",
    from: "0xA1E4380A3B1f749673E270229993eE55F35663b4",
    to: "0x5DF9B87991262F6BA471F09758CDE1c0FC1De734",
    value: "115792089237316195423570985008687907853269984665640564039457584007913129639935",
    gas: "21000",
    gasPrice: "50000000000000",
    isError: "0",
    txreceipt_status: "1",
    input: "0x",
    contractAddress: "",
    cumulativeGasUsed: "21000",
    gasUsed: "21000",
    confirmations: "21111111",
    methodId: "0x",
    functionName: "",
};

const token = {
    ...row,
    contractAddress: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    tokenName: "USDC",
    tokenSymbol: "USDC",
    tokenDecimal: "6",
    value: "5000000",
};

describe("on-chain: rows of Etherscan", () => {
    it("become transfers with every digit, and valid events", () => {
        const { transfers, unreadable } = decodeRows("txlist", [row], ethereum);
        assert.deepEqual(unreadable, []);
        assert.deepEqual(transfers, [
            {
                transactionHash: row.hash,
                index: 0,
                block: 21164320,
                blockHash: row.blockHash,
                time: "2024-11-11T11:30:59.000Z",
                token: "ETH",
                contract: null,
                decimals: 18,
                from: row.from.toLowerCase(),
                to: row.to.toLowerCase(),
                amount: 2n ** 256n - 1n,
            },
        ]);
        const [transfer] = transfers;
        assert.ok(transfer);
        const event = transferEvent(
            { chain: "ethereum", address: ours },
            { transfer, status: "confirmed", revision: 0 },
        );
        assert.deepEqual(onChainTransfers.problems(event), []);
        assert.equal(event.amount, row.value);
        assert.equal(event.origin, "backfill");
    });

    it("of failed transactions and of calls without value are none", () => {
        const rows = [
            { ...row, isError: "1" },
            { ...row, txreceipt_status: "0" },
            { ...row, value: "0" },
        ];
        assert.deepEqual(decodeRows("txlist", rows, ethereum), { transfers: [], unreadable: [] });
    });

    it("of a contract's creation go to the contract", () => {
        const created = { ...row, to: "", contractAddress: "0x5DF9B87991262F6BA471F09758CDE1c0FC1De735" };
        const [transfer] = decodeRows("txlist", [created], ethereum).transfers;
        assert.equal(transfer?.to, created.contractAddress.toLowerCase());
    });

    it("of one transaction's tokens are counted, or have the log index where the explorer gives it", () => {
        const other = { ...token, hash: row.blockHash };
        const indexes = (rows: unknown[]): number[] =>
            decodeRows("tokentx", rows, ethereum).transfers.map(({ index }) => index);
        assert.deepEqual(indexes([token, token, other, token]), [1, 2, 1, 3]);
        assert.deepEqual(
            indexes([
                { ...token, logIndex: "571" },
                { ...token, logIndex: "572" },
            ]),
            [572, 573],
        );
        const nameless = decodeRows("tokentx", [{ ...token, tokenSymbol: "", tokenDecimal: "" }], ethereum)
            .transfers[0];
        assert.deepEqual([nameless?.token, nameless?.decimals], [token.contractAddress.toLowerCase(), 0]);
    });

    it("that cannot be read are told, and keep their place in the count", () => {
        const bad = { ...token, value: 5000000 };
        const { transfers, unreadable } = decodeRows("tokentx", [token, bad, token], ethereum);
        assert.deepEqual(
            transfers.map(({ index }) => index),
            [1, 3],
        );
        assert.match(unreadable[0]?.row ?? "", /^0x5c504ed4.* in block 21164320$/);
        assert.match(unreadable[0]?.reason ?? "", /^value: /);
    });
});

describe("on-chain: an account's list", () => {
    let chain: FakeEvmChain;
    let explorer: FakeEtherscan;
    let kept: Kept;

    beforeEach(async () => {
        chain = new FakeEvmChain(100, Math.floor(Date.now() / 1000) - 3_600);
        explorer = await new FakeEtherscan({ chains: { "1": chain }, key, perSecond: 1_000 }).start();
        kept = new Kept();
    });
    afterEach(() => explorer.stop());

    const reader = (options: ListOptions = {}): ReturnType<typeof listReader> =>
        listReader(explorer.url, key, ours, kept, options);
    const empty = (blocks: number): void => void Array.from({ length: blocks }, () => chain.mine());

    it("gives each transfer once, when enough blocks are on top", async () => {
        chain.mine(send("a"));
        const subject = reader();
        await drain(subject);
        assert.deepEqual(kept.said(), []);
        empty(2);
        await drain(subject);
        await drain(subject);
        assert.deepEqual(kept.said(), [`confirmed ${short("a")} in 100`]);
    });

    it("is empty in the explorer's words without being an error", async () => {
        chain.mine(send("a", 1n, theirs));
        await drain(reader());
        assert.deepEqual(kept.said(), []);
        assert.match(explorer.server.requests.at(-1)?.url.search ?? "", /action=txlist/);
    });

    it("of more than 10,000 rows is read whole, also when one block holds more than a page", async () => {
        for (let block = 0; block < 12; block += 1)
            chain.mine(
                ...Array.from({ length: block === 5 ? 2_345 : 900 }, (_, n) => send(`${String(block)}/${String(n)}`)),
            );
        empty(2);
        await drain(reader());
        const hashes = kept.changes.map(({ transfer }) => transfer.transactionHash);
        assert.equal(hashes.length, 11 * 900 + 2_345);
        assert.equal(new Set(hashes).size, hashes.length);
        const blocks = kept.changes.map(({ transfer }) => transfer.block);
        assert.deepEqual(
            blocks,
            blocks.toSorted((a, b) => a - b),
            "in the order of the blocks",
        );
        assert.deepEqual(kept.notices, []);
    });

    it("with a block beyond the explorer's window says what is missing and goes on", async () => {
        const fetch = ({ from, to, page, offset }: { from: number; to?: number; page: number; offset: number }) => {
            const rows = Array.from({ length: 10_500 }, () => ({ blockNumber: "7" })).concat([{ blockNumber: "8" }]);
            const inside = rows.filter(
                ({ blockNumber }) => Number(blockNumber) >= from && Number(blockNumber) <= (to ?? 99),
            );
            return Promise.resolve(inside.slice((page - 1) * offset, page * offset));
        };
        const { rows, to, cut } = await readBlocks(fetch, 0);
        assert.deepEqual([rows.length, to, cut], [10_000, 7, 7]);
        assert.deepEqual(await readBlocks(fetch, to + 1), { rows: [{ blockNumber: "8" }], to: Infinity });
    });

    it("that a reorganisation changes between two pages loses nothing", async () => {
        for (let block = 0; block < 3; block += 1)
            chain.mine(...Array.from({ length: 800 }, (_, n) => send(`${String(block)}/${String(n)}`)));
        empty(2);
        const subject = reader();
        assert.equal(await subject.step(), true);
        // The first block loses a transfer, which shifts all rows behind it by one.
        const old = chain.reorganise(5);
        for (const { transactions } of old) chain.mine(...transactions.slice(1));
        await drain(subject);
        await drain(subject);
        const standing = new Set<string>();
        for (const { transfer, status } of kept.changes)
            if (status === "confirmed") standing.add(`${transfer.transactionHash} ${transfer.blockHash ?? ""}`);
            else standing.delete(`${transfer.transactionHash} ${transfer.blockHash ?? ""}`);
        const expected = chain.blocks.flatMap(({ hash, transactions }) =>
            transactions.map((one) => `${one.hash} ${hash}`),
        );
        assert.deepEqual([...standing].sort(), expected.sort());
    });

    it("takes back what a reorganisation removed, confirms what came instead, and both only once", async () => {
        chain.mine(send("a"));
        chain.mine(send("b"), send("c"));
        empty(2);
        const subject = reader();
        await drain(subject);
        chain.reorganise(3);
        chain.mine(send("c"));
        empty(3);
        await drain(subject);
        await drain(subject);
        assert.deepEqual(kept.said(), [
            `confirmed ${short("a")} in 100`,
            `confirmed ${short("b")} in 101`,
            `confirmed ${short("c")} in 101`,
            `removed ${short("b")} in 101`,
            `removed ${short("c")} in 101`,
            `confirmed ${short("c")} in 101`,
        ]);
        const ids = kept.changes.map((change) => transferEvent({ chain: "ethereum", address: ours }, change).event_id);
        assert.equal(new Set(ids).size, ids.length, "every row has an identity of its own");
    });

    it("confirms anew what comes back to the very block it was removed from", async () => {
        chain.mine(send("a"));
        empty(2);
        const subject = reader();
        await drain(subject);
        const first = chain.reorganise(3);
        empty(3);
        await drain(subject);
        chain.reorganise(3);
        chain.restore(first);
        await drain(subject);
        assert.deepEqual(kept.said(), [
            `confirmed ${short("a")} in 100`,
            `removed ${short("a")} in 100`,
            `confirmed again 1 ${short("a")} in 100`,
        ]);
        const ids = kept.changes.map((change) => transferEvent({ chain: "ethereum", address: ours }, change).event_id);
        assert.equal(new Set(ids).size, 3);
    });

    it("does not take back what the list alone has lost", async () => {
        chain.mine(send("a"));
        empty(2);
        const subject = reader();
        await drain(subject);
        explorer.show = () => [];
        await drain(subject);
        explorer.show = (rows) => rows;
        await drain(subject);
        assert.deepEqual(kept.said(), [`confirmed ${short("a")} in 100`]);
    });

    it("is read on by a new process from what is kept alone: nothing skipped, a removal in between not missed", async () => {
        chain.mine(send("a"));
        chain.mine(send("b"));
        empty(2);
        await drain(reader());
        chain.reorganise(3);
        chain.mine(send("d"));
        empty(3);
        await drain(reader({ standing: kept.standing() }));
        await drain(reader({ standing: kept.standing() }));
        assert.deepEqual(kept.said(), [
            `confirmed ${short("a")} in 100`,
            `confirmed ${short("b")} in 101`,
            `removed ${short("b")} in 101`,
            `confirmed ${short("d")} in 101`,
        ]);
    });

    it("is read again when Kafka did not take it", async () => {
        chain.mine(send("a"));
        empty(2);
        const subject = reader();
        kept.away = true;
        await assert.rejects(subject.step(), /Kafka is away/);
        kept.away = false;
        await drain(subject);
        assert.deepEqual(kept.said(), [`confirmed ${short("a")} in 100`]);
    });

    it("shows a transfer to oneself once, and one between two of ours to both", async () => {
        chain.mine({ hash: evmHash("self"), from: ours, to: ours, value: 3n }, send("b", 4n));
        empty(2);
        await drain(reader());
        assert.deepEqual(kept.said(), [`confirmed ${short("self")} in 100`, `confirmed ${short("b")} in 100`]);
        const other = new Kept();
        await drain(listReader(explorer.url, key, theirs, other));
        const [mine, both] = [kept.changes[1], other.changes[0]];
        assert.ok(mine && both);
        const id = (address: string, change: typeof mine): string =>
            transferEvent({ chain: "ethereum", address }, change).event_id;
        assert.notEqual(id(ours, mine), id(theirs, both));
    });

    it("tells rows it cannot read once, and keeps the others", async () => {
        chain.mine(send("a"), send("b"));
        empty(2);
        explorer.show = (rows) => rows.map((shown, index) => (index === 0 ? { ...shown, value: "1e18" } : shown));
        const subject = reader();
        await drain(subject);
        await drain(subject);
        assert.deepEqual(kept.said(), [`confirmed ${short("b")} in 100`]);
        assert.deepEqual(
            kept.notices.map(({ kind, events }) => [kind, events]),
            [["malformed", "1"]],
        );
    });
});
