// Proves: transactions in jsonParsed form become a wallet's transfers, which always add up to the change of its balances; histories are read
// whole, oldest first, from where they were left, also by a new process. Against a fake node, made after the documentation.
// Does not prove: that real transactions hold nothing else.
import assert from "node:assert/strict";
import fc from "fast-check";
import { viewOf } from "../../../functions/on-chain/solana/decode";
import { MalformedTransaction, parseTransaction } from "../../../functions/on-chain/solana/transaction";
import { transferEvent, type Transfer } from "../../../functions/on-chain/transfer";
import { onChainTransfers } from "../../../schema/facts/onChainTransfers";
import {
    FakeLedger,
    FakeSolana,
    type FakeSolanaTransaction,
    type FakeTokenAccount,
    solanaKey,
    solanaSignature,
    splToken,
    transferSol,
    transferToken,
} from "../../support/fakes/solana";
import { drain, Kept, solanaWallet, type WalletOptions } from "../../support/on-chain";

const ours = solanaKey("ours");
const theirs = solanaKey("theirs");
const ourTokens = solanaKey("our tokens");
const theirTokens = solanaKey("their tokens");
const program = solanaKey("program");
const mint = solanaKey("mint");
const wrapped = "So11111111111111111111111111111111111111112";
const account = (owner: string, amount = 1_000n, of = mint): FakeTokenAccount => ({
    mint: of,
    owner,
    decimals: 6,
    amount,
});

let serial = 0;
/** A transaction of these accounts, unnamed where the name does not matter. */
function transaction(parts: Partial<FakeSolanaTransaction>): FakeSolanaTransaction {
    serial += 1;
    const accounts = [theirs, ours, theirTokens, ourTokens, program];
    return { signature: solanaSignature(String(serial)), accounts, instructions: [], ...parts };
}

/** A ledger in which both own a token account. */
function ledgerOfTwo(): FakeLedger {
    const ledger = new FakeLedger(1_000, Math.floor(Date.now() / 1000) - 600);
    ledger.tokens.set(ourTokens, account(ours));
    ledger.tokens.set(theirTokens, account(theirs));
    return ledger;
}

/** What the transaction means for our wallet, as the node's answer is read. */
function ourView(parts: Partial<FakeSolanaTransaction>, ledger = ledgerOfTwo()): readonly Transfer[] {
    ledger.record(transaction(parts));
    const parsed = parseTransaction(ledger.recorded.at(-1)?.body);
    return viewOf(parsed, ours, parsed.blockTime ?? 0).transfers;
}

const brief = (transfers: readonly Transfer[]): unknown[] =>
    transfers.map(({ index, token, from, to, amount }) => [index, token, from, to, amount]);

describe("on-chain: transactions of Solana", () => {
    it("give coins and tokens sent by instructions, outer and inner, each with its place", () => {
        const known = ourView({
            instructions: [
                { programId: program },
                transferSol(ours, theirs, 7n),
                { programId: "memo", program: "spl-memo", parsed: "hi" },
            ],
            inner: { 0: [transferToken(theirTokens, ourTokens, 5n, theirs), transferSol(theirs, ours, 3n)] },
        });
        assert.deepEqual(brief(known), [
            [1, mint, theirs, ours, 5n],
            [2, "SOL", theirs, ours, 3n],
            [3, "SOL", ours, theirs, 7n],
        ]);
    });

    it("give checked transfers and those with a fee withheld, exact to the smallest unit", () => {
        const tokenAmount = { amount: "100", decimals: 6, uiAmount: 0.0001, uiAmountString: "0.0001" };
        const info = { source: theirTokens, destination: ourTokens, mint, tokenAmount, feeAmount: { amount: "1" } };
        const known = ourView({
            instructions: [
                { program: "spl-token", programId: splToken, parsed: { type: "transferCheckedWithFee", info } },
            ],
            minted: { [ourTokens]: -1n },
        });
        assert.deepEqual(brief(known), [
            [0, mint, theirs, ours, 100n],
            [1, mint, ours, mint, 1n],
        ]);
        assert.equal(known[0]?.decimals, 6);
    });

    it("give nothing where the transaction failed, and no transfer for the fee", () => {
        assert.deepEqual(ourView({ failed: true, instructions: [transferSol(theirs, ours, 3n)] }), []);
        assert.deepEqual(ourView({ accounts: [ours, theirs], instructions: [], fee: 9_999n }), []);
    });

    it("give a transfer to oneself once", () => {
        assert.deepEqual(brief(ourView({ instructions: [transferSol(ours, ours, 3n)] })), [[0, "SOL", ours, ours, 3n]]);
    });

    it("give coins that a program moved by itself, from who lost them", () => {
        const known = ourView({
            instructions: [{ programId: program }],
            moved: { [program]: -12n, [ours]: 10n, [theirs]: 2n },
        });
        assert.deepEqual(brief(known), [[1, "SOL", program, ours, 10n]]);
    });

    it("give what is minted and burnt, between the mint and the wallet", () => {
        assert.deepEqual(brief(ourView({ minted: { [ourTokens]: 8n } })), [[0, mint, mint, ours, 8n]]);
        assert.deepEqual(brief(ourView({ minted: { [ourTokens]: -8n } })), [[0, mint, ours, mint, 8n]]);
    });

    it("see through a token account that lives only within the transaction", () => {
        const temporary = solanaKey("temporary");
        const pool = solanaKey("pool");
        const ledger = ledgerOfTwo();
        ledger.tokens.set(pool, { ...account(theirs, 500n, wrapped), decimals: 9 });
        const open = { type: "initializeAccount3", info: { account: temporary, mint: wrapped, owner: ours } };
        ledger.tokens.set(temporary, { ...account(ours, 0n, wrapped), decimals: 9 });
        ledger.record(
            transaction({
                accounts: [theirs, ours, pool, temporary],
                instructions: [
                    { program: "spl-token", programId: splToken, parsed: open },
                    transferToken(pool, temporary, 40n, theirs),
                ],
                moved: { [pool]: -40n, [ours]: 40n },
                closes: [temporary],
            }),
        );
        // Neither balance of the account is in the node's answer: it did not exist before, nor does it after.
        const body = ledger.recorded.at(-1)?.body as { meta: { preTokenBalances: { accountIndex: number }[] } };
        body.meta.preTokenBalances = body.meta.preTokenBalances.filter(({ accountIndex }) => accountIndex !== 3);
        const parsed = parseTransaction(body);
        assert.deepEqual(brief(viewOf(parsed, ours, 1).transfers), [
            [1, wrapped, theirs, ours, 40n],
            [2, "SOL", pool, ours, 40n],
            [3, wrapped, ours, wrapped, 40n],
        ]);
    });

    it("keep lamports beyond 2^53 exact, and make valid events", () => {
        const ledger = ledgerOfTwo();
        ledger.lamports.set(theirs, 2n ** 63n);
        const [transfer] = ourView({ instructions: [transferSol(theirs, ours, 9_007_199_254_740_993n)] }, ledger);
        assert.ok(transfer);
        const event = transferEvent({ chain: "solana", address: ours }, { transfer, status: "confirmed", revision: 0 });
        assert.deepEqual(onChainTransfers.problems(event), []);
        assert.deepEqual([event.amount, event.origin, event.block_hash], ["9007199254740993", "live", null]);
    });

    it("add up to the change of the balances, whatever happens in them", () => {
        const parties = [ours, theirs, program];
        const party = fc.constantFrom(...parties);
        const amount = fc.bigInt({ min: 0n, max: 1_000n });
        const coins = fc.tuple(party, party, amount).map(([from, to, lamports]) => transferSol(from, to, lamports));
        const tokens = fc
            .tuple(fc.boolean(), amount)
            .map(([inward, units]) =>
                inward
                    ? transferToken(theirTokens, ourTokens, units, theirs)
                    : transferToken(ourTokens, theirTokens, units, ours),
            );
        const instructions = fc.array(fc.oneof(coins, tokens), { maxLength: 6 });
        const moved = fc.tuple(amount, amount).map(([a, b]) => ({ [ours]: a - b, [theirs]: -a, [program]: b }));
        const minted = fc.bigInt({ min: -50n, max: 50n }).map((units) => ({ [ourTokens]: units }));
        fc.assert(
            fc.property(
                instructions,
                fc.array(coins, { maxLength: 3 }),
                moved,
                minted,
                fc.boolean(),
                (outer, inner, m, t, pays) => {
                    const ledger = ledgerOfTwo();
                    for (const token of ledger.tokens.values()) token.amount = 100_000n;
                    const before = [ledger.balance(ours), ledger.tokens.get(ourTokens)?.amount ?? 0n] as const;
                    const accounts = pays
                        ? [ours, theirs, theirTokens, ourTokens, program]
                        : [theirs, ours, theirTokens, ourTokens, program];
                    const known = ourView(
                        { accounts, instructions: outer, inner: { 0: inner }, moved: m, minted: t },
                        ledger,
                    );
                    const net = (ofCoin: boolean): bigint =>
                        known
                            .filter(({ contract }) => (contract === null) === ofCoin)
                            .reduce(
                                (sum, { from, to, amount: n }) =>
                                    sum + (to === ours ? n : 0n) - (from === ours ? n : 0n),
                                0n,
                            );
                    const fee = pays ? 5_000n : 0n;
                    assert.equal(net(true), ledger.balance(ours) - before[0] + fee);
                    assert.equal(net(false), (ledger.tokens.get(ourTokens)?.amount ?? 0n) - before[1]);
                    assert.equal(
                        new Set(known.map(({ index }) => index)).size,
                        known.length,
                        "each has a place of its own",
                    );
                },
            ),
            { numRuns: 200 },
        );
    });

    it("that are not what the node documents are named", () => {
        assert.throws(
            () => parseTransaction({ slot: 1 }),
            (error) => error instanceof MalformedTransaction && /meta/.test(error.message),
        );
    });
});

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

    it("waits for a transaction that is listed, but not given; after ten minutes that is a gap", async () => {
        pay(1n);
        const withheld = solanaSignature(String(serial));
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
