// For tests: a Solana ledger that grows as it is told, and a node that answers JSON-RPC about it as a real one does.
import { createHash } from "node:crypto";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

function base58(name: string, length: number): string {
    const bytes = createHash("sha512").update(name).digest();
    return Array.from({ length }, (_, index) => alphabet[(bytes[index % 64] ?? 0) % 58] ?? "1").join("");
}

/** A public key and a signature made of a name. */
export const solanaKey = (name: string): string => base58(`key ${name}`, 44);
export const solanaSignature = (name: string): string => base58(`signature ${name}`, 88);

export const splToken = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const systemProgram = "11111111111111111111111111111111";

/** An instruction in parsed form; `parsed` absent stands for a program the node does not know. */
export interface FakeInstruction {
    readonly program?: string;
    readonly programId: string;
    readonly parsed?: unknown;
}

export interface FakeTokenAccount {
    readonly mint: string;
    readonly owner: string;
    readonly decimals: number;
    amount: bigint;
}

/** A transaction as a test writes it: what it does to the balances is computed from its instructions, unless it says otherwise. */
export interface FakeSolanaTransaction {
    readonly signature: string;
    /** The first one pays the fee. */
    readonly accounts: readonly string[];
    readonly instructions: readonly FakeInstruction[];
    readonly inner?: Readonly<Record<number, readonly FakeInstruction[]>>;
    /** Lamports moved by programs without an instruction of the system program, by account. */
    readonly moved?: Readonly<Record<string, bigint>>;
    /** Tokens that come or go without a transfer (minted, burnt, withheld), by token account. */
    readonly minted?: Readonly<Record<string, bigint>>;
    /** Token accounts opened or closed by it. */
    readonly opens?: Readonly<Record<string, FakeTokenAccount>>;
    readonly closes?: readonly string[];
    readonly failed?: boolean;
    readonly version?: "legacy" | 0;
    readonly fee?: bigint;
}

export const transferSol = (source: string, destination: string, lamports: bigint): FakeInstruction => ({
    program: "system",
    programId: systemProgram,
    parsed: { type: "transfer", info: { source, destination, lamports } },
});

export const transferToken = (
    source: string,
    destination: string,
    amount: bigint,
    authority: string,
): FakeInstruction => ({
    program: "spl-token",
    programId: splToken,
    parsed: { type: "transfer", info: { source, destination, amount: String(amount), authority } },
});

interface Recorded {
    readonly signature: string;
    readonly slot: number;
    readonly time: number;
    readonly failed: boolean;
    readonly version: "legacy" | 0;
    readonly accounts: readonly string[];
    readonly body: unknown;
}

interface Parsed {
    readonly type: string;
    readonly info: Readonly<Record<string, unknown>>;
}

/** The ledger: balances, token accounts and the transactions that changed them. */
export class FakeLedger {
    readonly lamports = new Map<string, bigint>();
    readonly tokens = new Map<string, FakeTokenAccount>();
    readonly recorded: Recorded[] = [];

    /** @param slot the newest finalized slot @param time epoch seconds of it, each further slot a second later */
    constructor(
        public slot: number,
        private time: number,
    ) {}

    /** Records transactions in a slot of their own and returns it. */
    record(...transactions: FakeSolanaTransaction[]): number {
        this.slot += 1;
        this.time += 1;
        for (const transaction of transactions) this.recorded.push(this.apply(transaction));
        return this.slot;
    }

    /** Balance of an account; every account starts with 10 SOL. */
    balance(account: string): bigint {
        return this.lamports.get(account) ?? 10_000_000_000n;
    }

    private apply(transaction: FakeSolanaTransaction): Recorded {
        const { accounts, failed = false, version = "legacy", fee = 5_000n, signature } = transaction;
        const before = {
            balances: accounts.map((account) => this.balance(account)),
            tokens: this.tokenBalances(accounts),
        };
        const [payer = ""] = accounts;
        this.lamports.set(payer, this.balance(payer) - fee);
        for (const [account, opened] of Object.entries(transaction.opens ?? {}))
            this.tokens.set(account, { ...opened });
        if (!failed) this.execute(transaction);
        for (const account of transaction.closes ?? []) this.tokens.delete(account);
        const after = {
            balances: accounts.map((account) => this.balance(account)),
            tokens: this.tokenBalances(accounts),
        };
        const { slot, time } = this;
        const meta = {
            err: failed ? { InstructionError: [0, { Custom: 1 }] } : null,
            fee,
            preBalances: before.balances,
            postBalances: after.balances,
            preTokenBalances: before.tokens,
            postTokenBalances: after.tokens,
            innerInstructions: Object.entries(transaction.inner ?? {}).map(([index, instructions]) => ({
                index: Number(index),
                instructions,
            })),
            logMessages: [],
            rewards: [],
        };
        const keys = accounts.map((pubkey, index) => ({
            pubkey,
            signer: index === 0,
            source: "transaction",
            writable: true,
        }));
        const message = {
            accountKeys: keys,
            instructions: transaction.instructions,
            recentBlockhash: solanaKey(String(slot)),
        };
        const body = { slot, blockTime: time, meta, transaction: { signatures: [signature], message }, version };
        return { signature, slot, time, failed, version, accounts, body };
    }

    private execute(transaction: FakeSolanaTransaction): void {
        const all = [...transaction.instructions, ...Object.values(transaction.inner ?? {}).flat()];
        for (const { program, parsed } of all) {
            if (parsed === undefined || typeof parsed === "string") continue;
            const { type, info } = parsed as Parsed;
            const [from, to] = [String(info["source"]), String(info["destination"] ?? info["newAccount"])];
            if (program === "system") {
                const lamports = info["lamports"] as bigint;
                this.lamports.set(from, this.balance(from) - lamports);
                this.lamports.set(to, this.balance(to) + lamports);
            } else if (type.startsWith("transfer")) {
                const amount = BigInt((info["amount"] ?? (info["tokenAmount"] as Parsed["info"])["amount"]) as string);
                this.change(from, -amount);
                this.change(to, amount);
            }
        }
        for (const [account, lamports] of Object.entries(transaction.moved ?? {}))
            this.lamports.set(account, this.balance(account) + lamports);
        for (const [account, amount] of Object.entries(transaction.minted ?? {})) this.change(account, amount);
    }

    private change(account: string, amount: bigint): void {
        const token = this.tokens.get(account);
        if (token === undefined) throw new Error(`the test's ledger has no token account ${account}`);
        token.amount += amount;
    }

    private tokenBalances(accounts: readonly string[]): unknown[] {
        return accounts.flatMap((account, accountIndex) => {
            const token = this.tokens.get(account);
            if (token === undefined) return [];
            const { mint, owner, decimals, amount } = token;
            const uiTokenAmount = { amount: String(amount), decimals, uiAmount: null, uiAmountString: String(amount) };
            return [{ accountIndex, mint, owner, programId: splToken, uiTokenAmount }];
        });
    }
}

/** JSON in which bigints are numbers, as a node written in Rust has them. */
const json = (value: unknown): string =>
    JSON.stringify(value, (_, member: unknown) =>
        typeof member === "bigint" ? `<${String(member)}>` : member,
    ).replace(/"<(\d+)>"/g, "$1");

class RpcError extends Error {
    constructor(
        readonly code: number,
        message: string,
    ) {
        super(message);
    }
}

type Options = Readonly<Record<string, unknown>>;

/** A node. */
export class FakeSolana {
    readonly server = new FakeServer();
    /** Slots this node is behind the ledger. */
    lag = 0;
    /** Slots the answers to getSlot alone are behind, as when another node gives them. */
    slotsBehind = 0;
    /** Signatures it lists but does not give. */
    readonly withheld = new Set<string>();
    /** Entries before this slot are gone from it. */
    prunedBefore = 0;

    constructor(readonly ledger: FakeLedger) {}

    /** Listens on loopback. */
    async start(): Promise<this> {
        await this.server.start();
        this.server.on("/", (request) => this.answer(request));
        return this;
    }

    stop(): Promise<void> {
        return this.server.stop();
    }

    get url(): string {
        return this.server.origin;
    }

    private get slot(): number {
        return this.ledger.slot - this.lag;
    }

    private answer({ body }: FakeRequest): FakeAnswer {
        const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
        try {
            return { body: json({ jsonrpc: "2.0", result: this.call(method, params), id }) };
        } catch (error) {
            if (!(error instanceof RpcError)) throw error;
            return { body: json({ jsonrpc: "2.0", error: { code: error.code, message: error.message }, id }) };
        }
    }

    private call(method: string, params: unknown[]): unknown {
        const [subject, ...rest] = method === "getSlot" ? ["", ...params] : params;
        const options = (rest.at(-1) ?? {}) as Options;
        if (options["commitment"] !== "finalized")
            throw new RpcError(-32602, "Invalid params: this test asks for finalized");
        if (Number(options["minContextSlot"] ?? 0) > this.slot)
            throw new RpcError(-32016, "Minimum context slot has not been reached");
        if (method === "getSlot") return this.slot - this.slotsBehind;
        if (method === "getSignaturesForAddress") return this.signatures(String(subject), options);
        if (method === "getTransaction") return this.transaction(String(subject), options);
        if (method === "getTokenAccountsByOwner")
            return this.tokenAccounts(String(subject), (rest[0] as { programId: string }).programId);
        throw new RpcError(-32601, "Method not found");
    }

    private visible(): Recorded[] {
        return this.ledger.recorded.filter(({ slot }) => slot <= this.slot && slot >= this.prunedBefore);
    }

    private signatures(address: string, options: Options): unknown {
        const limit = Number(options["limit"] ?? 1_000);
        if (limit < 1 || limit > 1_000) throw new RpcError(-32602, "Invalid limit; max 1000");
        const newestFirst = this.visible().reverse();
        const place = (signature: unknown): number => newestFirst.findIndex((one) => one.signature === signature);
        const [before, until] = [options["before"], options["until"]];
        const from = before === undefined ? 0 : place(before) + 1;
        if (before !== undefined && from === 0) return [];
        const to = until === undefined || place(until) < 0 ? newestFirst.length : place(until);
        return newestFirst
            .slice(from, to)
            .filter(({ accounts }) => accounts.includes(address))
            .slice(0, limit)
            .map(({ signature, slot, time, failed }) => ({
                signature,
                slot,
                err: failed ? { InstructionError: [0, { Custom: 1 }] } : null,
                memo: null,
                blockTime: time,
                confirmationStatus: "finalized",
            }));
    }

    private transaction(signature: string, options: Options): unknown {
        const found = this.visible().find((one) => one.signature === signature);
        if (found === undefined || this.withheld.has(signature)) return null;
        if (found.version === 0 && options["maxSupportedTransactionVersion"] !== 0)
            throw new RpcError(-32015, "Transaction version (0) is not supported by the requesting client.");
        return found.body;
    }

    private tokenAccounts(owner: string, programId: string): unknown {
        const own = [...this.ledger.tokens].filter(([, token]) => token.owner === owner);
        const value = programId === splToken ? own.map(([pubkey]) => ({ pubkey, account: { owner: splToken } })) : [];
        return { context: { slot: this.slot }, value };
    }
}
