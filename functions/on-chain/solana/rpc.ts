// Solana's JSON-RPC, as far as watching an address needs it. All is asked at commitment `finalized`: what is read is never taken back.
import { z } from "zod";
import { ApiProblem, ask, type Endpoint } from "../ask";
import { parseExactly } from "./json";

/** Signatures of a page; the most a node gives. */
export const pageLimit = 1_000;

/** Programs that own token accounts: SPL Token and Token-2022. */
const tokenPrograms = [
    "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
] as const;

/** Errors that pass: node behind, block not there yet, storage away, slot not reached, too many requests. */
const passingCodes = [429, -32004, -32005, -32007, -32014, -32016, -32019, -32603];
const limited = [429, -32005];
const limitHoldMs = 1_000;

const commitment = "finalized";
const response = z.object({
    jsonrpc: z.literal("2.0"),
    result: z.unknown().optional(),
    error: z.object({ code: z.number(), message: z.string() }).optional(),
});
const slot = z.number().int().min(0);
const signatures = z.array(
    z.object({
        signature: z.string().min(1),
        slot,
        err: z.unknown().optional(),
        blockTime: z.number().nullable().optional(),
    }),
);
const accounts = z.object({ value: z.array(z.object({ pubkey: z.string().min(1) })) });

/** An entry of an account's history. */
export type SignatureEntry = z.output<typeof signatures>[number];

/** Where to look in an account's history. */
export interface Look {
    /** Older than this signature. */
    readonly before?: string | undefined;
    /** Newer than this signature. */
    readonly until?: string | undefined;
    /** Asked of a node that is at least at this slot. */
    readonly minContextSlot: number;
}

/** The questions that are asked. All throw ApiProblem. */
export class SolanaRpc {
    private next = 1;

    constructor(private readonly endpoint: Endpoint) {}

    /** The newest finalized slot. */
    slot(): Promise<number> {
        return this.call("getSlot", [{ commitment }], slot);
    }

    /** History of an account, newest first: at most 1,000 entries. */
    signatures(address: string, { before, until, minContextSlot }: Look): Promise<SignatureEntry[]> {
        const range = { ...(before === undefined ? {} : { before }), ...(until === undefined ? {} : { until }) };
        const options = { commitment, limit: pageLimit, minContextSlot, ...range };
        return this.call("getSignaturesForAddress", [address, options], signatures);
    }

    /** Token accounts of a wallet: transfers to them do not name the wallet, so each has a history of its own. */
    async tokenAccounts(wallet: string, minContextSlot: number): Promise<string[]> {
        const options = { commitment, encoding: "jsonParsed", minContextSlot };
        const found = await Promise.all(
            tokenPrograms.map((programId) =>
                this.call("getTokenAccountsByOwner", [wallet, { programId }, options], accounts),
            ),
        );
        return found.flatMap(({ value }) => value.map(({ pubkey }) => pubkey));
    }

    /** A transaction, undecoded; null where the node does not have it (yet). */
    transaction(signature: string): Promise<unknown> {
        const options = { commitment, encoding: "jsonParsed", maxSupportedTransactionVersion: 0 };
        return this.call("getTransaction", [signature, options], z.unknown());
    }

    private call<T>(method: string, params: readonly unknown[], result: z.ZodType<T>): Promise<T> {
        const body = JSON.stringify({ jsonrpc: "2.0", id: this.next++, method, params });
        const headers = { "content-type": "application/json" };
        return ask(this.endpoint, { url: this.endpoint.url, method: "POST", headers, body }, (text) => {
            const answer = response.safeParse(parseExactly(text));
            if (!answer.success) throw new ApiProblem("lasting", `solana: ${method} gave no JSON-RPC`);
            const { error } = answer.data;
            if (error !== undefined) {
                const kind = passingCodes.includes(error.code) ? "passing" : "lasting";
                const words = `solana: ${method}: ${error.code} ${error.message.slice(0, 200)}`;
                throw new ApiProblem(kind, words, limited.includes(error.code) ? limitHoldMs : 0);
            }
            const read = result.safeParse(answer.data.result);
            if (read.success) return read.data;
            const [issue] = read.error.issues;
            throw new ApiProblem(
                "lasting",
                `solana: ${method}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
            );
        });
    }
}
