// For the specs of Solana: a wallet of ours, somebody else, their token accounts, and transactions between them.
import {
    FakeLedger,
    type FakeSolanaTransaction,
    type FakeTokenAccount,
    solanaKey,
    solanaSignature,
} from "../../support/fakes/solana";

export const ours = solanaKey("ours");
export const theirs = solanaKey("theirs");
export const ourTokens = solanaKey("our tokens");
export const theirTokens = solanaKey("their tokens");
export const program = solanaKey("program");
export const mint = solanaKey("mint");

/** A token account of somebody, with six decimals. */
export const account = (owner: string, amount = 1_000n, of = mint): FakeTokenAccount => ({
    mint: of,
    owner,
    decimals: 6,
    amount,
});

let serial = 0;

/** A transaction of all parties, with a signature of its own. */
export function transaction(parts: Partial<FakeSolanaTransaction>): FakeSolanaTransaction {
    serial += 1;
    const accounts = [theirs, ours, theirTokens, ourTokens, program];
    return { signature: solanaSignature(String(serial)), accounts, instructions: [], ...parts };
}

/** A ledger in which both own a token account. */
export function ledgerOfTwo(): FakeLedger {
    const ledger = new FakeLedger(1_000, Math.floor(Date.now() / 1000) - 600);
    ledger.tokens.set(ourTokens, account(ours));
    ledger.tokens.set(theirTokens, account(theirs));
    return ledger;
}
