// Etherscan v2: one address for all chains, told apart by `chainid`. Trouble comes with HTTP 200, status "0" and words.
import { z } from "zod";
import { ApiProblem, ask, type Endpoint } from "../ask";
import { type EvmChain } from "../chains";
import { type List } from "./decode";

/** Page times offset must stay within this window. */
export const windowRows = 10_000;

const envelope = z.object({ status: z.string(), message: z.string(), result: z.unknown() });
const proxied = z.object({
    jsonrpc: z.string(),
    result: z.unknown().optional(),
    error: z.object({ message: z.string() }).optional(),
});

const perSecondHoldMs = 1_000;
const perDayHoldMs = 10 * 60_000;

/** The explorer's words of refusal as a problem: limits and overload pass, the rest is for a person. */
function refusal(words: string): ApiProblem {
    const shown = `etherscan: ${words.slice(0, 200)}`;
    if (/daily/i.test(words) && /limit/i.test(words)) return new ApiProblem("lasting", shown, perDayHoldMs);
    if (/rate limit|too many requests/i.test(words)) return new ApiProblem("passing", shown, perSecondHoldMs);
    return new ApiProblem(/timeout|timed out|busy|try again/i.test(words) ? "passing" : "lasting", shown);
}

/** The result of an answer of the `account` and `block` modules. An empty list is told as a failure: "No transactions found". */
export function resultOf(text: string): unknown {
    const parsed = envelope.safeParse(JSON.parse(text));
    if (!parsed.success) throw new ApiProblem("lasting", "etherscan: the answer has no status, message and result");
    const { status, message, result } = parsed.data;
    if (status === "1" || (Array.isArray(result) && result.length === 0 && /^No .* found/i.test(message)))
        return result;
    throw refusal(typeof result === "string" && result !== "" ? `${message}, ${result}` : message);
}

/** The result of an answer of the `proxy` module, which hands a node's JSON-RPC through. */
export function proxiedResultOf(text: string): unknown {
    const json: unknown = JSON.parse(text);
    const parsed = proxied.safeParse(json);
    if (!parsed.success) {
        resultOf(text);
        throw new ApiProblem("lasting", "etherscan: the answer is not JSON-RPC");
    }
    if (parsed.data.error !== undefined) throw refusal(parsed.data.error.message);
    return parsed.data.result;
}

const quantity = z.string().regex(/^0x[0-9a-fA-F]{1,12}$/);
const receipt = z.object({ blockHash: z.string() }).nullable();

/** Rows wanted of a list. */
export interface Range {
    readonly from: number;
    /** Absent: up to the newest block. */
    readonly to?: number;
    readonly page: number;
    /** Rows of a page; with `page` at most `windowRows`. */
    readonly offset: number;
}

/** The questions that are asked. All throw ApiProblem. */
export class Etherscan {
    constructor(
        private readonly endpoint: Endpoint,
        private readonly key: string,
    ) {}

    /** Rows of an account's list, oldest first. */
    async rows({ chainId }: EvmChain, list: List, address: string, range: Range): Promise<readonly unknown[]> {
        const { from, to = 9_999_999_999, page, offset } = range;
        const blocks = { startblock: String(from), endblock: String(to) };
        const paging = { page: String(page), offset: String(offset), sort: "asc" };
        const query = { module: "account", action: list, address, ...blocks, ...paging };
        return this.get(chainId, query, (text) => {
            const rows = resultOf(text);
            if (!Array.isArray(rows)) throw new ApiProblem("lasting", "etherscan: the result is not a list");
            return rows as unknown[];
        });
    }

    /** Number of the newest block. */
    tip({ chainId }: EvmChain): Promise<number> {
        return this.get(chainId, { module: "proxy", action: "eth_blockNumber" }, (text) => {
            const read = quantity.safeParse(proxiedResultOf(text));
            if (!read.success) throw new ApiProblem("passing", "etherscan: eth_blockNumber gave no number");
            return Number(read.data);
        });
    }

    /** Hash of the block a transaction is in now; null where it is in none. */
    blockHashOf({ chainId }: EvmChain, transactionHash: string): Promise<string | null> {
        const query = { module: "proxy", action: "eth_getTransactionReceipt", txhash: transactionHash };
        return this.get(chainId, query, (text) => {
            const read = receipt.safeParse(proxiedResultOf(text));
            if (!read.success) throw new ApiProblem("passing", "etherscan: eth_getTransactionReceipt gave no receipt");
            return read.data?.blockHash ?? null;
        });
    }

    /** The first block at or after a moment, epoch seconds. */
    blockAt({ chainId }: EvmChain, seconds: number): Promise<number> {
        const query = { module: "block", action: "getblocknobytime", timestamp: String(seconds), closest: "after" };
        return this.get(chainId, query, (text) => {
            const read = z
                .string()
                .regex(/^[0-9]{1,12}$/)
                .safeParse(resultOf(text));
            if (!read.success) throw new ApiProblem("lasting", "etherscan: getblocknobytime gave no number");
            return Number(read.data);
        });
    }

    private get<T>(chainId: number, query: Record<string, string>, read: (text: string) => T): Promise<T> {
        const url = new URL(this.endpoint.url);
        const key = this.key === "" ? {} : { apikey: this.key };
        for (const [name, value] of Object.entries({ chainid: String(chainId), ...query, ...key }))
            url.searchParams.set(name, value);
        return ask(this.endpoint, { url: url.href }, read);
    }
}
