// A transaction in Solana's `jsonParsed` form, checked: what it holds of accounts, balances and instructions.
import { z } from "zod";

const lamports = z.union([z.bigint(), z.number().int().min(0)]).transform(BigInt);
const amount = z
    .string()
    .regex(/^[0-9]{1,20}$/)
    .transform(BigInt);
const tokenBalances = z
    .array(
        z.object({
            accountIndex: z.number().int().min(0),
            mint: z.string().min(1),
            owner: z.string().min(1).optional(),
            uiTokenAmount: z.object({ amount, decimals: z.number().int().min(0) }),
        }),
    )
    .nullish()
    .transform((balances) => balances ?? []);
/** `parsed` is an object for the programs the node knows, a text for the memo program, and absent for others. */
const instructions = z.array(z.object({ program: z.string().optional(), parsed: z.unknown().optional() }));

const schema = z.object({
    slot: z.number().int().min(0),
    /** Seconds. */
    blockTime: z.number().int().positive().nullable(),
    meta: z.object({
        err: z.unknown().optional(),
        fee: lamports,
        preBalances: z.array(lamports),
        postBalances: z.array(lamports),
        preTokenBalances: tokenBalances,
        postTokenBalances: tokenBalances,
        innerInstructions: z.array(z.object({ index: z.number().int().min(0), instructions })).nullish(),
    }),
    transaction: z.object({
        signatures: z.array(z.string().min(1)).min(1),
        message: z.object({ accountKeys: z.array(z.object({ pubkey: z.string().min(1) })), instructions }),
    }),
});

/** A transaction as checked. */
export type ParsedTransaction = z.output<typeof schema>;

/** A transaction is not what the node's documentation promises. */
export class MalformedTransaction extends Error {
    override readonly name = "MalformedTransaction";
}

/**
 * Checks the result of getTransaction.
 * @throws MalformedTransaction naming the fields.
 */
export function parseTransaction(result: unknown): ParsedTransaction {
    const read = schema.safeParse(result);
    if (read.success) return read.data;
    throw new MalformedTransaction(
        read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join(", "),
    );
}

/** An instruction of a program the node knows. */
export interface Instruction {
    readonly program: string;
    readonly type: string;
    readonly info: Readonly<Record<string, unknown>>;
}

const parsed = z.object({ type: z.string(), info: z.record(z.string(), z.unknown()) });

/** All instructions in the order of their execution, an outer one before the inner ones it causes; undefined for those of unknown programs. */
export function executed({ meta, transaction }: ParsedTransaction): (Instruction | undefined)[] {
    const inner = new Map((meta.innerInstructions ?? []).map(({ index, instructions: list }) => [index, list]));
    return transaction.message.instructions
        .flatMap((outer, index) => [outer, ...(inner.get(index) ?? [])])
        .map(({ program, parsed: content }) => {
            const read = parsed.safeParse(content);
            return program !== undefined && read.success ? { program, ...read.data } : undefined;
        });
}
