// Proves: a wallet's histories are read whole, oldest first, from where they were left, also by a new process, and what a node lacks is waited
// for or told as a gap. Against a fake node, made after the documentation. Does not prove: how real nodes lag.
import assert from "node:assert/strict";
import { type FakeLedger, FakeSolana, solanaKey, transferSol, transferToken } from "../../support/fakes/solana";
import { drain, Kept, solanaWallet, type WalletOptions } from "../../support/on-chain";
import { account, ledgerOfTwo, ours, ourTokens, theirs, theirTokens, transaction } from "./parties";

describe("on-chain: a wallet on Solana", () => {
    let ledger: FakeLedger;
    let node: FakeSolana;
    let kept: Kept;

    beforeEach(async () => {
        ledger = ledgerOfTwo();
        node = await new FakeSolana(ledger).start();
        kept = new Kept();
    });
    afterEach(() => node.stop());

    const wallet = (options: WalletOptions = {}): ReturnType<typeof solanaWallet> =>
        solanaWallet(node.url, ours, kept, options);
    const pay = (lamports: bigint): number =>
        ledger.record(transaction({ accounts: [theirs, ours], instructions: [transferSol(theirs, ours, lamports)] }));
    const tokenPay = (units: bigint): number =>
        ledger.record(
            transaction({
                accounts: [theirs, theirTokens, ourTokens],
                instructions: [transferToken(theirTokens, ourTokens, units, theirs)],
            }),
        );
    const amounts = (): bigint[] => kept.changes.map(({ transfer }) => transfer.amount);

    it("is read oldest first, with the transfers to its token accounts, and only what is new the next time", async () => {
        pay(1n);
        tokenPay(2n);
        pay(3n);
        const subject = wallet();
        await drain(subject);
        assert.deepEqual(amounts(), [1n, 2n, 3n]);
        const before = node.server.requests.length;
        pay(4n);
        tokenPay(5n);
        await drain(subject);
        await drain(subject);
        assert.deepEqual(amounts(), [1n, 2n, 3n, 4n, 5n]);
        const asked = node.server.requests.slice(before).filter(({ body }) => body.includes("getTransaction"));
        assert.equal(asked.length, 2, "transactions read before are not read again");
    });

    it("with a history of more than a page is read whole", async () => {
        for (let n = 1; n <= 2_100; n += 1) pay(BigInt(n));
        await drain(wallet());
        assert.deepEqual(
            amounts(),
            Array.from({ length: 2_100 }, (_, n) => BigInt(n + 1)),
        );
    });

    it("is read on by a new process from what is kept alone", async () => {
        for (let n = 1; n <= 50; n += 1) pay(BigInt(n));
        const first = wallet();
        await first.step();
        assert.equal(kept.changes.length, 20);
        tokenPay(51n);
        await drain(wallet({ standing: kept.standing() }));
        await drain(wallet({ standing: kept.standing() }));
        assert.deepEqual(
            amounts(),
            Array.from({ length: 51 }, (_, n) => BigInt(n + 1)),
        );
    });

    it("does not skip what a node that lags does not show yet", async () => {
        pay(1n);
        const subject = wallet();
        await drain(subject);
        pay(2n);
        node.lag = 1;
        await drain(subject);
        pay(3n);
        node.lag = 0;
        await drain(subject);
        assert.deepEqual(amounts(), [1n, 2n, 3n]);
    });

    it("finds a token account that was opened and closed between two looks", async () => {
        const brief = solanaKey("brief");
        pay(1n);
        const subject = wallet();
        await drain(subject);
        ledger.tokens.set(brief, account(ours, 0n));
        ledger.record(
            transaction({
                accounts: [theirs, theirTokens, brief],
                instructions: [transferToken(theirTokens, brief, 2n, theirs)],
            }),
        );
        ledger.record(
            transaction({
                accounts: [ours, brief, theirTokens],
                instructions: [transferToken(brief, theirTokens, 2n, ours)],
                closes: [brief],
            }),
        );
        await drain(subject);
        assert.deepEqual(
            kept.changes.map(({ transfer: { from, to, amount } }) => [from, to, amount]),
            [
                [theirs, ours, 1n],
                [theirs, ours, 2n],
                [ours, theirs, 2n],
            ],
        );
    });

    it("finds what came to a token account between a look and its closing", async () => {
        pay(1n);
        const subject = wallet();
        await drain(subject);
        tokenPay(2n);
        const spent = transferToken(ourTokens, theirTokens, 1_002n, ours);
        ledger.record(
            transaction({ accounts: [ours, ourTokens, theirTokens], instructions: [spent], closes: [ourTokens] }),
        );
        // Another node says which slot is final than the one that is asked for the open accounts.
        node.slotsBehind = 2;
        await drain(subject);
        assert.deepEqual(amounts(), [1n], "the look ends before");
        await drain(subject);
        node.slotsBehind = 0;
        await drain(subject);
        assert.deepEqual(amounts(), [1n, 2n, 1_002n]);
    });

    it("finds what came to a token account that somebody else closed", async () => {
        pay(1n);
        const subject = wallet();
        await drain(subject);
        tokenPay(2n);
        const spent = transferToken(ourTokens, theirTokens, 1_002n, theirs);
        ledger.record(
            transaction({ accounts: [theirs, ourTokens, theirTokens], instructions: [spent], closes: [ourTokens] }),
        );
        await drain(subject);
        assert.deepEqual(amounts(), [1n, 2n, 1_002n]);
    });

    it("waits for a transaction that is listed, but not given; after ten minutes that is a gap", async () => {
        pay(1n);
        const withheld = ledger.recorded.at(-1)?.signature ?? "";
        pay(2n);
        node.withheld.add(withheld);
        let now = 0;
        const subject = wallet({ now: () => now });
        await assert.rejects(subject.step(), /lists transaction/);
        assert.deepEqual(amounts(), [], "what comes behind it waits");
        now += 11 * 60_000;
        await drain(subject);
        assert.deepEqual(amounts(), [2n]);
        assert.deepEqual(
            kept.notices.map(({ kind, first }) => [kind, first]),
            [["gap", withheld]],
        );
    });

    it("says so when the node's history no longer reaches back to what is known", async () => {
        pay(1n);
        await drain(wallet());
        pay(2n);
        node.prunedBefore = pay(3n);
        let now = 0;
        const subject = wallet({ standing: kept.standing(), now: () => now });
        await assert.rejects(subject.step(), /does not reach back/);
        now += 11 * 60_000;
        await drain(subject);
        assert.deepEqual(amounts(), [1n, 3n]);
        assert.deepEqual(
            kept.notices.map(({ kind }) => kind),
            ["gap"],
        );
    });

    it("is read again when Kafka did not take it", async () => {
        pay(1n);
        const subject = wallet();
        kept.away = true;
        await assert.rejects(subject.step(), /Kafka is away/);
        kept.away = false;
        await drain(subject);
        assert.deepEqual(amounts(), [1n]);
    });

    it("reads transactions of version 0, and lamports beyond 2^53 as the node writes them", async () => {
        const lamports = 9_007_199_254_740_993n;
        ledger.lamports.set(theirs, 2n ** 62n);
        ledger.record(
            transaction({ accounts: [theirs, ours], instructions: [transferSol(theirs, ours, lamports)], version: 0 }),
        );
        await drain(wallet());
        assert.deepEqual(amounts(), [lamports]);
    });
});
