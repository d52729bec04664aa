// From a row of Etherscan's account lists to a transfer. All of its fields are strings; amounts never become a JS number.
import { z } from "zod";
import { type EvmChain } from "../chains";
import { isoSeconds, type Transfer } from "../transfer";

/** The lists of an account that are read: transactions with their coin, and ERC-20 transfers. */
export const lists = ["txlist", "tokentx"] as const;
export type List = (typeof lists)[number];

const coinDecimals = 18;
const digits = z.string().regex(/^(0|[1-9][0-9]{0,77})$/, "not a whole number");
const block = digits.transform(Number);
const hash = z.string().regex(/^0x[0-9a-fA-F]{64}$/, "not a hash");
const address = z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, "not an address")
    .toLowerCase();
const none = z.literal("");

const shared = { blockNumber: block, timeStamp: digits, hash, blockHash: hash, from: address, value: digits };

const coinRow = z.object({
    ...shared,
    /** Empty where the transaction creates a contract. */
    to: address.or(none),
    contractAddress: address.or(none),
    isError: z.enum(["0", "1"]),
    /** Empty before Byzantium. */
    txreceipt_status: z.enum(["0", "1", ""]).optional(),
});

const tokenRow = z.object({
    ...shared,
    to: address,
    contractAddress: address,
    tokenSymbol: z.string(),
    /** Empty where the contract does not say. */
    tokenDecimal: z.string().regex(/^([0-9]{1,3})?$/, "not a number of decimals"),
});

/** A row that is not what the explorer documents. */
export interface Unreadable {
    /** Hash and block as far as they can be read, to find it by. */
    readonly row: string;
    readonly reason: string;
}

/** What a list holds. */
export interface Decoded {
    /** In the order of the blocks. */
    readonly transfers: readonly Transfer[];
    readonly unreadable: readonly Unreadable[];
}

const place = z.object({ hash: z.string().max(100), blockNumber: z.string().max(30) }).partial();

function unreadable(row: unknown, error: z.ZodError): Unreadable {
    const { hash: transaction = "?", blockNumber = "?" } = place.safeParse(row).data ?? {};
    const reason = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(", ");
    return { row: `${transaction} in block ${blockNumber}`, reason };
}

/** The coin a transaction moves; none where it failed, or calls a contract without any. */
function coinTransfer(row: z.output<typeof coinRow>, { coin }: EvmChain): Transfer | undefined {
    const to = row.to === "" ? row.contractAddress : row.to;
    const failed = row.isError === "1" || row.txreceipt_status === "0";
    if (failed || row.value === "0" || to === "") return undefined;
    const { hash: transactionHash, blockNumber, blockHash, from } = row;
    const where = { transactionHash, index: 0, block: blockNumber, blockHash, time: isoSeconds(Number(row.timeStamp)) };
    return { ...where, token: coin, contract: null, decimals: coinDecimals, from, to, amount: BigInt(row.value) };
}

function tokenTransfer(row: z.output<typeof tokenRow>, index: number): Transfer {
    const { hash: transactionHash, blockNumber, blockHash, from, to, contractAddress: contract } = row;
    const where = { transactionHash, index, block: blockNumber, blockHash, time: isoSeconds(Number(row.timeStamp)) };
    const token = row.tokenSymbol === "" ? contract : row.tokenSymbol;
    return { ...where, token, contract, decimals: Number(row.tokenDecimal), from, to, amount: BigInt(row.value) };
}

/** Etherscan itself does not list the log index; compatible explorers do. */
const position = z.object({ hash: z.string(), logIndex: digits.optional() });

/** Counts the token transfers of each transaction from 1 on, since 0 is its own coin; a row that cannot be read is counted too. */
class Positions {
    private readonly next = new Map<string, number>();

    of(row: unknown): number {
        const { hash: transaction = "", logIndex } = position.safeParse(row).data ?? {};
        if (logIndex !== undefined) return Number(logIndex) + 1;
        const counted = this.next.get(transaction) ?? 1;
        this.next.set(transaction, counted + 1);
        return counted;
    }
}

/** Decodes rows as one list gives them, whole blocks at a time: the position of a token transfer is counted within its transaction. */
export function decodeRows(list: List, rows: readonly unknown[], chain: EvmChain): Decoded {
    const transfers: Transfer[] = [];
    const bad: Unreadable[] = [];
    const positions = new Positions();
    for (const row of rows) {
        const index = positions.of(row);
        const read = list === "txlist" ? coinRow.safeParse(row) : tokenRow.safeParse(row);
        if (!read.success) {
            bad.push(unreadable(row, read.error));
            continue;
        }
        const data = read.data;
        const transfer = "tokenSymbol" in data ? tokenTransfer(data, index) : coinTransfer(data, chain);
        if (transfer !== undefined) transfers.push(transfer);
    }
    return { transfers, unreadable: bad };
}

/** The block of a row, which paging goes by; undefined where it cannot be read. */
export const blockOf = (row: unknown): number | undefined =>
    z.object({ blockNumber: block }).safeParse(row).data?.blockNumber;
