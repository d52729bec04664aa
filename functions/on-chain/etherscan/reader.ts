// One list of one address, followed: what is final becomes a fact, and what a reorganisation took away is taken back.
import { type Etherscan } from "./api";
import { type EvmChain, type Watched } from "../chains";
import { type Following, type Subject } from "../following";
import { type Standing } from "../standing";
import { type Change } from "../transfer";
import { decodeRows, type List, type Unreadable } from "./decode";
import { readBlocks } from "./listing";

/** What was told is remembered up to this number, then told again. */
const toldMost = 10_000;

/** How a list is followed. */
export interface ReaderParts extends Following {
    readonly api: Etherscan;
    readonly chain: EvmChain;
    readonly address: string;
    readonly list: List;
    readonly standing: Standing;
    /** Blocks on top of a transfer's before it becomes a fact. */
    readonly confirmations: number;
    /** Blocks below the newest fact that are read again each time. */
    readonly reorgBlocks: number;
    /** Number of the chain's newest block. */
    readonly tip: () => Promise<number>;
    /** The block to begin with where nothing is known of the address. */
    readonly firstBlock: () => Promise<number>;
}

/** Follows a list; a pass goes from a little below the newest fact to the end of the list. */
export class ListReader implements Subject {
    readonly name: string;
    /** Next block of the pass; undefined between two passes. */
    private position: number | undefined;
    private readonly told = new Set<string>();

    constructor(private readonly parts: ReaderParts) {
        this.name = `${parts.chain.name} ${parts.list} ${parts.address}`;
    }

    /**
     * Reads on by about a thousand rows; true when there are more.
     * @throws ApiProblem, after which the same rows are read again.
     */
    async step(): Promise<boolean> {
        const { api, chain, address, list, standing, confirmations, reorgBlocks } = this.parts;
        const final = (await this.parts.tip()) - confirmations;
        const from = this.position ?? (await this.beginning());
        const page = await readBlocks((range) => api.rows(chain, list, address, range), from);
        const { transfers, unreadable } = decodeRows(list, page.rows, chain);
        await this.tell(unreadable, page.cut);
        const removed = await this.verified(standing.missing(transfers, from, page.to));
        const changes = [...removed, ...standing.confirmed(transfers, final)];
        await this.parts.deliver(this.watched, changes);
        for (const change of changes) standing.note(change);
        standing.forget((standing.head ?? 0) - reorgBlocks);
        this.position = page.to === Infinity ? undefined : page.to + 1;
        return this.position !== undefined;
    }

    private get watched(): Watched {
        return { chain: this.parts.chain.name, address: this.parts.address };
    }

    private async beginning(): Promise<number> {
        const { standing, reorgBlocks, firstBlock } = this.parts;
        return standing.head === undefined ? firstBlock() : Math.max(0, standing.head - reorgBlocks);
    }

    /** Of the transfers that are not listed any more those whose block is really gone: the list itself may lag or have holes. */
    private async verified(missing: readonly Change[]): Promise<Change[]> {
        const { api, chain, log } = this.parts;
        const removed: Change[] = [];
        for (const change of missing) {
            const { transactionHash, blockHash, block } = change.transfer;
            if ((await api.blockHashOf(chain, transactionHash)) !== blockHash) removed.push(change);
            else
                log.warn(
                    { chain: chain.name, transactionHash, block },
                    "transfer is on the chain, but not in the list",
                );
        }
        return removed;
    }

    /** Says once what cannot become a fact. */
    private async tell(unreadable: readonly Unreadable[], cut: number | undefined): Promise<void> {
        const { notify, list, address } = this.parts;
        const fresh = unreadable.filter(({ row }) => this.isNew(row));
        const [first] = fresh;
        if (first !== undefined) {
            const marks = { first: first.row, last: fresh.at(-1)?.row ?? first.row, events: String(fresh.length) };
            const detail = `${fresh.length} rows of ${list} of ${address} could not be read, the first one: ${first.reason}`;
            await notify(this.watched.chain, { kind: "malformed", ...marks, detail });
        }
        if (cut === undefined || !this.isNew(String(cut))) return;
        const detail = `block ${cut} holds more rows of ${list} of ${address} than the explorer gives; the rest is missing`;
        await notify(this.watched.chain, { kind: "gap", first: String(cut), last: String(cut), detail });
    }

    private isNew(what: string): boolean {
        if (this.told.has(what)) return false;
        if (this.told.size >= toldMost) this.told.clear();
        this.told.add(what);
        return true;
    }
}
