// Reading a list block by block. Pages are not counted through: a reorganisation between two pages would shift rows from one into the other.
import { ApiProblem } from "../ask";
import { type Range, windowRows } from "./api";
import { blockOf } from "./decode";

/** Rows asked for at once: fewer where the answer is too large, since a row holds the transaction's input. */
const offsets = [1_000, 100, 10] as const;

/** Whole blocks of a list. */
export interface Blocks {
    readonly rows: readonly unknown[];
    /** The last block that is complete; Infinity where the list ends. */
    readonly to: number;
    /** A block with more rows than the explorer gives. */
    readonly cut?: number;
}

/** Fetches rows of one list, oldest first. */
export type Fetch = (range: Range) => Promise<readonly unknown[]>;

/** Block of each row; a row that cannot be read counts to the block before it. */
function blocksOf(rows: readonly unknown[]): number[] {
    let before = -1;
    return rows.map((row) => {
        const block = blockOf(row) ?? before;
        if (block < before) throw new ApiProblem("lasting", "etherscan: the list is not in the order of the blocks");
        before = block;
        return block;
    });
}

async function wholeBlock(fetch: Fetch, block: number, offset: number): Promise<Blocks> {
    const rows: unknown[] = [];
    for (let page = 1; page * offset <= windowRows; page += 1) {
        const found = await fetch({ from: block, to: block, page, offset });
        rows.push(...found);
        if (found.length < offset) return { rows, to: block };
    }
    return { rows, to: block, cut: block };
}

async function readPage(fetch: Fetch, from: number, offset: number): Promise<Blocks> {
    const rows = await fetch({ from, page: 1, offset });
    const blocks = blocksOf(rows);
    if (rows.length < offset) return { rows, to: Infinity };
    // A full page may end within its last block: that one is read again, as the first of the next page.
    const last = blocks.at(-1) ?? -1;
    if (last < 0) throw new ApiProblem("lasting", "etherscan: no row of the list has a block number");
    const whole = rows.filter((_, index) => (blocks[index] ?? last) < last);
    return whole.length > 0 ? { rows: whole, to: last - 1 } : wholeBlock(fetch, last, offset);
}

/**
 * Reads whole blocks from `from` on, about a thousand rows.
 * @throws ApiProblem
 */
export async function readBlocks(fetch: Fetch, from: number): Promise<Blocks> {
    for (const offset of offsets) {
        try {
            return await readPage(fetch, from, offset);
        } catch (error) {
            if (!(error instanceof ApiProblem) || error.kind !== "too-large") throw error;
        }
    }
    throw new ApiProblem(
        "lasting",
        `etherscan: ${offsets.at(-1) ?? 0} rows from block ${from} on are too large an answer`,
    );
}
