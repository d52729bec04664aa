// The histories that belong to a wallet (its own and those of its token accounts), read from where they were left.
import { type SignatureEntry, type SolanaRpc } from "./rpc";

/** The newest entry of a history that was read, and the one below it: reading `until` the lower one must bring the upper one again. */
interface Mark {
    readonly newest: string;
    readonly below: string | undefined;
}

/** What reading a history brought. */
interface Found {
    /** Newest first. */
    readonly fresh: readonly SignatureEntry[];
    readonly mark: Mark | undefined;
    /** False where the node's history ends before what was read of it earlier. */
    readonly complete: boolean;
}

/** Where reading begins: at a slot, or where nothing is known of the wallet at a time in epoch seconds. */
export type Beginning = { readonly slot: number } | { readonly time: number };

/** Histories of a wallet. */
export class Histories {
    private readonly marks = new Map<string, Mark | undefined>();
    /** Slot up to which each history was read. */
    private readonly readTo = new Map<string, number>();
    /** Token accounts that were open at the last look: one that was closed since is looked at once more. */
    private open: readonly string[] = [];

    constructor(
        private readonly rpc: SolanaRpc,
        private readonly wallet: string,
        private readonly beginning: Beginning,
    ) {}

    /** Whether an account's history has been read up to a slot; 0 asks whether it was read at all. */
    has(account: string, slot: number): boolean {
        return (this.readTo.get(account) ?? -1) >= slot;
    }

    /**
     * All that is new up to a slot, oldest first. Nothing is remembered unless all of it could be read.
     * @param accept is told of histories that end before what was read of them earlier, and throws unless that has to be put up with
     */
    async look(tip: number, accept: (incomplete: readonly string[]) => Promise<void>): Promise<SignatureEntry[]> {
        const open = await this.rpc.tokenAccounts(this.wallet, tip);
        const found = await this.readAll(new Set([this.wallet, ...open, ...this.open]), tip);
        await accept([...found].filter(([, { complete }]) => !complete).map(([account]) => account));
        this.open = open;
        return this.remember(found, tip);
    }

    /** The histories of accounts that showed up in transactions. */
    async also(accounts: readonly string[], tip: number): Promise<SignatureEntry[]> {
        return this.remember(await this.readAll(new Set(accounts), tip), tip);
    }

    private async readAll(accounts: ReadonlySet<string>, tip: number): Promise<Map<string, Found>> {
        const found = new Map<string, Found>();
        for (const account of accounts) found.set(account, await this.read(account, tip));
        return found;
    }

    private remember(found: ReadonlyMap<string, Found>, tip: number): SignatureEntry[] {
        for (const [account, { mark }] of found) {
            this.marks.set(account, mark);
            this.readTo.set(account, tip);
        }
        const entries = [...found.values()].flatMap(({ fresh }) => [...fresh].reverse());
        return inOrder(entries);
    }

    /** Reads a history back to its mark, or to the beginning. */
    private async read(account: string, tip: number): Promise<Found> {
        const mark = this.marks.get(account);
        const entries: SignatureEntry[] = [];
        const reached = ({ signature, slot, blockTime }: SignatureEntry): boolean => {
            if (mark !== undefined) return signature === mark.newest;
            return "slot" in this.beginning
                ? slot < this.beginning.slot
                : blockTime !== undefined && blockTime !== null && blockTime < this.beginning.time;
        };
        for (let before: string | undefined; ; before = entries.at(-1)?.signature) {
            const page = await this.rpc.signatures(account, { before, until: mark?.below, minContextSlot: tip });
            entries.push(...page);
            // A short page is not the end: nodes that ask an archive give what they have at hand.
            if (page.length === 0 || page.some(reached)) break;
        }
        const end = entries.findIndex(reached);
        const upTo = entries.findIndex(({ slot }) => slot <= tip);
        const newest = upTo < 0 ? undefined : entries[upTo]?.signature;
        return {
            fresh: upTo < 0 ? [] : entries.slice(upTo, end < 0 ? undefined : end),
            mark: newest === undefined ? mark : { newest, below: entries[upTo + 1]?.signature },
            complete: mark === undefined || end >= 0,
        };
    }
}

/** Oldest first, each signature once; entries of one slot stay as they come. */
export function inOrder(entries: readonly SignatureEntry[]): SignatureEntry[] {
    const once = new Map(entries.map((entry) => [entry.signature, entry]));
    return [...once.values()].sort((a, b) => a.slot - b.slot);
}
