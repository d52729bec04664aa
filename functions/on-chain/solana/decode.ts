// From a transaction to the transfers of a wallet. Instructions say who sent what to whom; the balances before and after say what is true:
// what instructions leave unexplained (a closed account's rent, coins a program moved by itself, minted, burnt or withheld tokens) becomes a
// transfer as well, so that the transfers of a wallet always add up to the change of its balances.
import { isoSeconds, type Transfer } from "../transfer";
import { executed, type Instruction, type ParsedTransaction } from "./transaction";

const coin = { token: "SOL", contract: null, decimals: 9 };
/** Where coins come from or go to that no account of the transaction lost or won. */
const systemProgram = "11111111111111111111111111111111";
/** The mint of wrapped SOL. */
const wrappedSol = "So11111111111111111111111111111111111111112";

/** A movement between two accounts. */
interface Move {
    readonly index: number;
    readonly from: string;
    readonly to: string;
    readonly amount: bigint;
}

/** A movement of a token between two token accounts. */
interface TokenMove extends Move {
    readonly mint: string;
}

/** A token account as a transaction shows it. */
interface TokenAccount {
    readonly mint: string;
    readonly owner: string | undefined;
    before: bigint;
    after: bigint;
}

/** What a transaction means for a wallet. */
export interface WalletView {
    readonly transfers: readonly Transfer[];
    /** Token accounts of the wallet that appear in it. */
    readonly tokenAccounts: readonly string[];
}

const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

function exact(value: unknown): bigint | undefined {
    if (typeof value === "bigint") return value;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
    return typeof value === "string" && /^[0-9]{1,20}$/.test(value) ? BigInt(value) : undefined;
}

/** Instructions of the system program that move lamports, and how each names the two sides. */
const systemMoves: ReadonlyMap<string, readonly [from: string, to: string]> = new Map([
    ["transfer", ["source", "destination"]],
    ["transferWithSeed", ["source", "destination"]],
    ["createAccount", ["source", "newAccount"]],
    ["createAccountWithSeed", ["source", "newAccount"]],
    ["withdrawFromNonce", ["nonceAccount", "destination"]],
]);

function systemMove({ program, type, info }: Instruction, index: number): Move | undefined {
    const sides = program === "system" ? systemMoves.get(type) : undefined;
    if (sides === undefined) return undefined;
    const [from, to] = [text(info[sides[0]]), text(info[sides[1]])];
    const amount = exact(info["lamports"]);
    return from === undefined || to === undefined || amount === undefined ? undefined : { index, from, to, amount };
}

const tokenTransfers = ["transfer", "transferChecked", "transferCheckedWithFee"];

function tokenMove(instruction: Instruction, index: number, accounts: Accounts): TokenMove | undefined {
    const { program, type, info } = instruction;
    if (program !== "spl-token" || !tokenTransfers.includes(type)) return undefined;
    const [from, to] = [text(info["source"]), text(info["destination"])];
    const whole = info["tokenAmount"] as { amount?: unknown } | undefined;
    const amount = exact(info["amount"] ?? whole?.amount);
    if (from === undefined || to === undefined || amount === undefined) return undefined;
    const mint = text(info["mint"]) ?? accounts.get(from)?.mint ?? accounts.get(to)?.mint;
    return mint === undefined ? undefined : { index, from, to, amount, mint };
}

type Accounts = Map<string, TokenAccount>;

/** Token accounts of a transaction: from the balances, and from the instructions that open those which do not outlive it. */
function tokenAccounts(transaction: ParsedTransaction, instructions: readonly (Instruction | undefined)[]): Accounts {
    const accounts: Accounts = new Map();
    const keys = transaction.transaction.message.accountKeys;
    const { preTokenBalances, postTokenBalances } = transaction.meta;
    for (const [balances, side] of [
        [preTokenBalances, "before"],
        [postTokenBalances, "after"],
    ] as const) {
        for (const { accountIndex, mint, owner, uiTokenAmount } of balances) {
            const key = keys[accountIndex]?.pubkey ?? "";
            const account = accounts.get(key) ?? { mint, owner, before: 0n, after: 0n };
            account[side] = uiTokenAmount.amount;
            accounts.set(key, account);
        }
    }
    for (const instruction of instructions) {
        if (instruction?.program !== "spl-token" || !instruction.type.startsWith("initializeAccount")) continue;
        const { account, mint, owner } = instruction.info;
        const [key, of] = [text(account), text(mint)];
        if (key === undefined || of === undefined || accounts.has(key)) continue;
        accounts.set(key, { mint: of, owner: text(owner), before: 0n, after: 0n });
    }
    return accounts;
}

/** What of each account's change in lamports the moves do not explain; the fee is the first account's. */
function unexplained({ meta, transaction }: ParsedTransaction, moves: readonly Move[]): Map<string, bigint> {
    const rest = new Map<string, bigint>();
    const add = (account: string, lamports: bigint): void =>
        void rest.set(account, (rest.get(account) ?? 0n) + lamports);
    for (const [index, { pubkey }] of transaction.message.accountKeys.entries())
        add(pubkey, (meta.postBalances[index] ?? 0n) - (meta.preBalances[index] ?? 0n) + (index === 0 ? meta.fee : 0n));
    for (const { from, to, amount } of moves) {
        add(from, amount);
        add(to, -amount);
    }
    return rest;
}

const size = (amount: bigint): bigint => (amount < 0n ? -amount : amount);

/** Moves that settle what is unexplained of a wallet with the accounts that have the opposite, in the transaction's order. */
function settle(wallet: string, rest: ReadonlyMap<string, bigint>, index: number): Move[] {
    const own = rest.get(wallet) ?? 0n;
    let left = size(own);
    const moves: Move[] = [];
    const move = (other: string, amount: bigint): void => {
        const [from, to] = own > 0n ? [other, wallet] : [wallet, other];
        moves.push({ index: index + moves.length, from, to, amount });
        left -= amount;
    };
    for (const [other, theirs] of rest) {
        if (left === 0n || theirs === 0n || theirs > 0n === own > 0n) continue;
        move(other, size(theirs) < left ? size(theirs) : left);
    }
    if (left > 0n) move(systemProgram, left);
    return moves;
}

/** Moves between the wallet and the mints, for what is unexplained of its tokens. */
function settleTokens(wallet: string, accounts: Accounts, moves: readonly TokenMove[], index: number): TokenMove[] {
    const rest = new Map<string, bigint>();
    const add = (mint: string, amount: bigint): void => void rest.set(mint, (rest.get(mint) ?? 0n) + amount);
    for (const { owner, mint, before, after } of accounts.values()) if (owner === wallet) add(mint, after - before);
    for (const { from, to, mint, amount } of moves) {
        if (accounts.get(from)?.owner === wallet) add(mint, amount);
        if (accounts.get(to)?.owner === wallet) add(mint, -amount);
    }
    return [...rest]
        .filter(([, amount]) => amount !== 0n)
        .map(([mint, amount], place) => {
            const [from, to] = amount > 0n ? [mint, wallet] : [wallet, mint];
            return { index: index + place, from, to, amount: size(amount), mint };
        });
}

/** Decimals of the mints of a transaction. */
function decimalsOf({ meta }: ParsedTransaction): Map<string, number> {
    const known = new Map([[wrappedSol, coin.decimals]]);
    for (const { mint, uiTokenAmount } of [...meta.preTokenBalances, ...meta.postTokenBalances])
        known.set(mint, uiTokenAmount.decimals);
    return known;
}

/** The transfers of a wallet in a transaction. A failed transaction moves nothing but its fee, which is no transfer. */
export function viewOf(transaction: ParsedTransaction, wallet: string, time: number): WalletView {
    if (transaction.meta.err !== null && transaction.meta.err !== undefined)
        return { transfers: [], tokenAccounts: [] };
    const instructions = executed(transaction);
    const accounts = tokenAccounts(transaction, instructions);
    const pick = <T>(make: (instruction: Instruction, index: number) => T | undefined): T[] =>
        instructions.flatMap((instruction, index) => (instruction && make(instruction, index)) ?? []);
    const coins = pick(systemMove);
    const decimals = decimalsOf(transaction);
    const tokens = pick((instruction, index) => tokenMove(instruction, index, accounts)).filter(({ mint }) =>
        decimals.has(mint),
    );
    const settledCoins = settle(wallet, unexplained(transaction, coins), instructions.length);
    const settledTokens = settleTokens(wallet, accounts, tokens, instructions.length + settledCoins.length);
    const owner = (account: string): string => accounts.get(account)?.owner ?? account;
    const where = {
        transactionHash: transaction.transaction.signatures[0] ?? "",
        block: transaction.slot,
        blockHash: null,
        time: isoSeconds(time),
    };
    const ofWallet = ({ from, to, amount }: Move): boolean => (from === wallet || to === wallet) && amount > 0n;
    const transfers = [
        ...[...coins, ...settledCoins].filter(ofWallet).map((move) => ({ ...where, ...coin, ...move })),
        ...[...tokens, ...settledTokens]
            .map((move) => ({ ...move, from: owner(move.from), to: owner(move.to) }))
            .filter(ofWallet)
            .map(({ mint, ...move }) => ({
                ...where,
                token: mint,
                contract: mint,
                decimals: decimals.get(mint) ?? 0,
                ...move,
            })),
    ];
    const own = [...accounts].filter(([, account]) => account.owner === wallet).map(([key]) => key);
    return { transfers: transfers.sort((a, b) => a.index - b.index), tokenAccounts: own };
}
