// Proves: transactions in jsonParsed form become a wallet's transfers, which always add up to the change of its balances. Against a fake ledger,
// made after the documentation. Does not prove: that real transactions hold nothing else.
import assert from "node:assert/strict";
import fc from "fast-check";
import { viewOf } from "../../../functions/on-chain/solana/decode";
import { MalformedTransaction, parseTransaction } from "../../../functions/on-chain/solana/transaction";
import { transferEvent, type Transfer } from "../../../functions/on-chain/transfer";
import { onChainTransfers } from "../../../schema/facts/onChainTransfers";
import {
    type FakeSolanaTransaction,
    solanaKey,
    splToken,
    transferSol,
    transferToken,
} from "../../support/fakes/solana";
import { account, ledgerOfTwo, mint, ours, ourTokens, program, theirs, theirTokens, transaction } from "./parties";

const wrapped = "So11111111111111111111111111111111111111112";

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
