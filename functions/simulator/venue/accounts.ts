// Accounts of the venue and what is in them, in whole numbers: quote asset in millionths, tokens in lots.
import { type SelfTradePrevention } from "../engine/orders";
import { type FeeTier } from "./fees";
import { instruments } from "./instruments";

/** Position of the quote asset in a wallet; a token's is that of its instrument. */
export const quoteIndex = instruments.length;

/** An account. */
export interface Account {
    readonly id: string;
    readonly userId: string;
    /** Orders of one group are one hand to self-trade prevention. */
    readonly group: number;
    prevention: SelfTradePrevention;
    readonly feeTier: FeeTier;
    /** What it owns, by asset. */
    readonly total: Float64Array;
    /** What of it open orders may need. */
    readonly held: Float64Array;
}

/** Opens an empty account. */
export function openAccount(args: Pick<Account, "id" | "userId" | "group" | "prevention" | "feeTier">): Account {
    const assets = instruments.length + 1;
    return { ...args, total: new Float64Array(assets), held: new Float64Array(assets) };
}

/** What an account can spend of an asset. */
export const available = (account: Account, asset: number): number =>
    (account.total[asset] ?? 0) - (account.held[asset] ?? 0);

/** Adds to what an account owns; negative amounts take away. */
export function credit(account: Account, asset: number, amount: number): void {
    account.total[asset] = (account.total[asset] ?? 0) + amount;
}

/** Adds to what open orders may need. */
export function hold(account: Account, asset: number, amount: number): void {
    account.held[asset] = (account.held[asset] ?? 0) + amount;
}
