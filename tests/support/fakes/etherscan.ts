// For tests: an EVM chain that grows and reorganises as it is told, and an explorer that shows it as Etherscan v2 does, limits included.
import { createHash } from "node:crypto";
import { type FakeAnswer, type FakeRequest, FakeServer } from "./server";

/** A token moved by a transaction. */
export interface FakeTokenTransfer {
    readonly contract: string;
    readonly symbol: string;
    readonly decimals: string;
    readonly from: string;
    readonly to: string;
    readonly value: bigint;
}

/** A transaction as its sender made it; without `to` it creates a contract at `creates`. */
export interface FakeTransaction {
    readonly hash: string;
    readonly from: string;
    readonly to?: string;
    readonly creates?: string;
    readonly value: bigint;
    readonly failed?: boolean;
    readonly tokens?: readonly FakeTokenTransfer[];
}

export interface FakeBlock {
    readonly number: number;
    readonly hash: string;
    /** Epoch seconds. */
    readonly time: number;
    readonly transactions: readonly FakeTransaction[];
}

const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A hash or an address made of a name. */
export const evmHash = (name: string): string => `0x${sha(name)}`;
export const evmAddress = (name: string): string => `0x${sha(name).slice(0, 40)}`;

/** The chain: `mine` adds a block, `reorganise` takes the newest ones away. */
export class FakeEvmChain {
    readonly blocks: FakeBlock[] = [];
    private salt = 0;

    /** @param first number of its first block @param time epoch seconds of it, each further block 12 s later */
    constructor(
        private readonly first: number,
        private readonly time: number,
    ) {}

    get tip(): number {
        return this.first + this.blocks.length - 1;
    }

    mine(...transactions: FakeTransaction[]): FakeBlock {
        const number = this.first + this.blocks.length;
        const block = {
            number,
            // The salt makes a block that takes the place of another one differ from it.
            hash: evmHash(`block ${String(number)} ${String(this.salt)}`),
            time: this.time + 12 * this.blocks.length,
            transactions,
        };
        this.blocks.push(block);
        return block;
    }

    /** Takes away the newest blocks and returns them, oldest first; what is mined then has other hashes. */
    reorganise(depth: number): FakeBlock[] {
        this.salt += 1;
        return this.blocks.splice(-depth);
    }

    /** Puts blocks back that were taken away. */
    restore(blocks: readonly FakeBlock[]): void {
        this.blocks.push(...blocks);
    }

    /** The block of a transaction. */
    blockOf(transaction: string): FakeBlock | undefined {
        return this.blocks.find(({ transactions }) => transactions.some(({ hash }) => hash === transaction));
    }
}

type Row = Record<string, string>;

interface Shown {
    readonly block: FakeBlock;
    readonly transaction: FakeTransaction;
    readonly index: number;
}

const common = (chain: FakeEvmChain, { block, transaction, index }: Shown): Row => ({
    blockNumber: String(block.number),
    timeStamp: String(block.time),
    hash: transaction.hash,
    nonce: String(index),
    blockHash: block.hash,
    transactionIndex: String(index),
    gas: "21000",
    gasPrice: "20000000000",
    gasUsed: "21000",
    cumulativeGasUsed: "1207105",
    confirmations: String(chain.tip - block.number + 1),
});

function coinRow(chain: FakeEvmChain, shown: Shown): Row {
    const { transaction } = shown;
    return {
        ...common(chain, shown),
        from: transaction.from,
        to: transaction.to ?? "",
        value: String(transaction.value),
        isError: transaction.failed === true ? "1" : "0",
        txreceipt_status: transaction.failed === true ? "0" : "1",
        input: "0x",
        contractAddress: transaction.creates ?? "",
        methodId: "0x",
        functionName: "",
    };
}

const tokenRow = (chain: FakeEvmChain, shown: Shown, token: FakeTokenTransfer): Row => ({
    ...common(chain, shown),
    from: token.from,
    to: token.to,
    value: String(token.value),
    contractAddress: token.contract,
    tokenName: `Name of ${token.symbol}`,
    tokenSymbol: token.symbol,
    tokenDecimal: token.decimals,
    input: "deprecated",
    methodId: "0xa9059cbb",
    functionName: "transfer(address _to, uint256 _value)",
});

/** Rows of an account's list, oldest first, as the explorer has them. */
export function accountRows(chain: FakeEvmChain, list: "txlist" | "tokentx", address: string): Row[] {
    const touches = (...sides: (string | undefined)[]): boolean => sides.includes(address);
    return chain.blocks.flatMap((block) =>
        block.transactions.flatMap((transaction, index) => {
            const shown = { block, transaction, index };
            const { from, to, creates, tokens = [], failed } = transaction;
            if (list === "txlist") return touches(from, to, creates) ? [coinRow(chain, shown)] : [];
            if (failed === true) return [];
            return tokens
                .filter((token) => touches(token.from, token.to))
                .map((token) => tokenRow(chain, shown, token));
        }),
    );
}

const ok = (result: unknown): FakeAnswer => ({ body: JSON.stringify({ status: "1", message: "OK", result }) });
const notOk = (message: string, result: unknown): FakeAnswer => ({
    body: JSON.stringify({ status: "0", message, result }),
});
const proxied = (result: unknown): FakeAnswer => ({ body: JSON.stringify({ jsonrpc: "2.0", id: 83, result }) });
const hex = (number: number): string => `0x${number.toString(16)}`;

export interface FakeEtherscanOptions {
    readonly chains: Readonly<Record<string, FakeEvmChain>>;
    readonly key: string;
    /** Requests of a second beyond which the rate limit answers. */
    readonly perSecond: number;
}

/** The explorer at /v2/api. */
export class FakeEtherscan {
    readonly server = new FakeServer();
    /** Answers in the words of the rate limit so far. */
    limited = 0;
    /** Changes rows before they are shown: an index that lags or lies. */
    show: (rows: Row[]) => Row[] = (rows) => rows;
    private readonly recent: number[] = [];

    constructor(private readonly options: FakeEtherscanOptions) {}

    /** Listens on loopback. */
    async start(): Promise<this> {
        await this.server.start();
        this.server.on("/v2/api", (request) => this.answer(request));
        return this;
    }

    stop(): Promise<void> {
        return this.server.stop();
    }

    get url(): string {
        return `${this.server.origin}/v2/api`;
    }

    private answer({ url: { searchParams: query } }: FakeRequest): FakeAnswer {
        const chain = this.options.chains[query.get("chainid") ?? ""];
        if (chain === undefined)
            return notOk("NOTOK", "Missing or unsupported chainid parameter (required for v2 api)");
        if (query.get("apikey") !== this.options.key) return notOk("NOTOK", "Invalid API Key (#err2)|");
        if (this.tooOften()) {
            this.limited += 1;
            return notOk("NOTOK", `Max calls per sec rate limit reached (${String(this.options.perSecond)}/sec)`);
        }
        const action = query.get("action");
        if (action === "txlist" || action === "tokentx") return this.list(chain, action, query);
        if (action === "eth_blockNumber") return proxied(hex(chain.tip));
        if (action === "eth_getTransactionReceipt") return this.receipt(chain, query.get("txhash") ?? "");
        if (action === "getblocknobytime") {
            const after = chain.blocks.find(({ time }) => time >= Number(query.get("timestamp")));
            return after === undefined ? notOk("NOTOK", "Error! No closest block found") : ok(String(after.number));
        }
        return notOk("NOTOK", "Error! Missing Or invalid Action name");
    }

    private tooOften(): boolean {
        const now = Date.now();
        while (this.recent[0] !== undefined && this.recent[0] <= now - 1_000) this.recent.shift();
        if (this.recent.length >= this.options.perSecond) return true;
        this.recent.push(now);
        return false;
    }

    private list(chain: FakeEvmChain, action: "txlist" | "tokentx", query: URLSearchParams): FakeAnswer {
        const number = (name: string): number => Number(query.get(name));
        const [page, offset] = [number("page"), number("offset")];
        if (page * offset > 10_000)
            return notOk("Result window is too large, PageNo x Offset size must be less than or equal to 10000", null);
        const rows = this.show(accountRows(chain, action, query.get("address") ?? "")).filter(
            ({ blockNumber }) =>
                Number(blockNumber) >= number("startblock") && Number(blockNumber) <= number("endblock"),
        );
        const ordered = query.get("sort") === "asc" ? rows : rows.reverse();
        const shown = ordered.slice((page - 1) * offset, page * offset);
        return shown.length === 0 ? notOk("No transactions found", []) : ok(shown);
    }

    private receipt(chain: FakeEvmChain, transaction: string): FakeAnswer {
        const block = chain.blockOf(transaction);
        if (block === undefined) return proxied(null);
        return proxied({
            transactionHash: transaction,
            blockHash: block.hash,
            blockNumber: hex(block.number),
            status: "0x1",
        });
    }
}
