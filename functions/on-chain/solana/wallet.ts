// A wallet on Solana, followed: whatever its own history and those of its token accounts show becomes facts, in the order of the slots.
import { ApiProblem } from "../ask";
import { type Following, type Subject } from "../following";
import { solana } from "../chains";
import { type Standing } from "../standing";
import { viewOf, type WalletView } from "./decode";
import { type Histories, inOrder } from "./history";
import { type SignatureEntry, type SolanaRpc } from "./rpc";
import { MalformedTransaction, type ParsedTransaction, parseTransaction } from "./transaction";

/** Transactions read and delivered together. */
const batchSize = 20;
/** How long a node may fail to show what it should have before that counts as a gap. */
const patienceMs = 10 * 60_000;

/** A failed transaction moves nothing. */
const succeeded = (entries: readonly SignatureEntry[]): SignatureEntry[] =>
    entries.filter(({ err }) => err === null || err === undefined);

/** How a wallet is followed. */
export interface WalletParts extends Following {
    readonly rpc: SolanaRpc;
    readonly wallet: string;
    readonly standing: Standing;
    readonly histories: Histories;
    /** The clock, epoch milliseconds. */
    readonly now?: () => number;
}

/** Follows a wallet. */
export class SolanaWallet implements Subject {
    readonly name: string;
    private readonly now: () => number;
    /** Found and not yet read, oldest first. */
    private queue: SignatureEntry[] = [];
    private tip = 0;
    /** Since when something that should be there is not, by signature or, for histories, by account. */
    private readonly absent = new Map<string, number>();
    private readonly told = new Set<string>();

    constructor(private readonly parts: WalletParts) {
        this.name = `${solana} ${parts.wallet}`;
        this.now = parts.now ?? Date.now;
    }

    /**
     * Reads on by a few transactions; true when there are more.
     * @throws ApiProblem, after which the same ones are read again.
     */
    async step(): Promise<boolean> {
        if (this.queue.length === 0) await this.look();
        const batch = this.queue.slice(0, batchSize);
        const views = await Promise.all(batch.map((entry) => this.read(entry)));
        if (await this.discover(views)) return true;
        const { deliver, wallet, standing } = this.parts;
        const transfers = views.flatMap((view) => view?.transfers ?? []);
        // Finalized: nothing to wait for, and nothing is taken back.
        const changes = standing.confirmed(transfers, Infinity);
        await deliver({ chain: solana, address: wallet }, changes);
        for (const change of changes) standing.note(change);
        standing.forget(standing.head ?? 0);
        this.queue = this.queue.slice(batch.length);
        return this.queue.length > 0;
    }

    private async look(): Promise<void> {
        const { rpc, histories, wallet } = this.parts;
        this.tip = await rpc.slot();
        if (!histories.has(wallet, 0)) await this.checkReach();
        const entries = await histories.look(this.tip, (incomplete) => this.accept(incomplete));
        this.absent.clear();
        this.told.clear();
        this.queue = succeeded(entries);
    }

    /** Before the first look: a node that has the newest transaction known has all that came after it. */
    private async checkReach(): Promise<void> {
        const { rpc, standing } = this.parts;
        const [known] = standing.head === undefined ? [] : standing.transactionsIn(standing.head);
        if (known !== undefined && (await rpc.transaction(known)) === null) await this.accept([known]);
    }

    /** Waits for a node that lags; what is still not there after a while is a gap, and reading goes on behind it. */
    private async accept(incomplete: readonly string[]): Promise<void> {
        const [first] = incomplete;
        if (first === undefined) return;
        const what = `the node's history does not reach back to what is known of ${incomplete.join(", ")}`;
        if (!this.outOfPatience(first)) throw new ApiProblem("lasting", `solana: ${what}; it may lag`);
        const last = String(this.tip);
        await this.parts.notify(solana, { kind: "gap", first, last, detail: `${what}; what lies between is missing` });
    }

    /** Reads the histories of token accounts that were not open at the last look, which may hold transactions older than these. */
    private async discover(views: readonly (WalletView | undefined)[]): Promise<boolean> {
        const { histories } = this.parts;
        const accounts = new Set(views.flatMap((view) => view?.tokenAccounts ?? []));
        const fresh = [...accounts].filter((account) => !histories.has(account, this.tip));
        if (fresh.length === 0) return false;
        const entries = await histories.also(fresh, this.tip);
        this.queue = inOrder([...this.queue, ...succeeded(entries)]);
        return true;
    }

    private async read({ signature }: SignatureEntry): Promise<WalletView | undefined> {
        const result = await this.parts.rpc.transaction(signature);
        const transaction = result === null ? undefined : await this.parsed(signature, result);
        if (transaction === "malformed") return undefined;
        if (transaction !== undefined && transaction.blockTime !== null) {
            this.absent.delete(signature);
            return viewOf(transaction, this.parts.wallet, transaction.blockTime);
        }
        // Listed, but not there, or not yet with its time.
        const what = `the node lists transaction ${signature}, but does not have it`;
        if (!this.outOfPatience(signature)) throw new ApiProblem("lasting", `solana: ${what}`);
        await this.tell(signature, { kind: "gap", first: signature, last: signature, detail: what });
        return undefined;
    }

    private async parsed(signature: string, result: unknown): Promise<ParsedTransaction | "malformed"> {
        try {
            return parseTransaction(result);
        } catch (error) {
            if (!(error instanceof MalformedTransaction)) throw error;
            const detail = `transaction ${signature} could not be read: ${error.message.slice(0, 300)}`;
            await this.tell(signature, { kind: "malformed", first: signature, detail });
            return "malformed";
        }
    }

    /** Says something of a transaction once, however often it is read before its batch is done. */
    private async tell(signature: string, body: Parameters<Following["notify"]>[1]): Promise<void> {
        if (this.told.has(signature)) return;
        this.told.add(signature);
        await this.parts.notify(solana, body);
    }

    private outOfPatience(what: string): boolean {
        const since = this.absent.get(what) ?? this.now();
        this.absent.set(what, since);
        return this.now() - since > patienceMs;
    }
}
