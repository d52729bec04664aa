// Which addresses are watched: those of the configuration and those the venue's reference data calls its own, asked for again and again.
import { type Logger } from "../shared/log";
import { type Watched, watched } from "./chains";
import { type Facts } from "./facts";
import { type Subject } from "./following";

/** Begins to follow an address; what was said of it before is known when it resolves. */
export type Follow = (address: Watched) => Promise<readonly Subject[]>;

const key = ({ chain, address }: Watched): string => `${chain}:${address}`;

export class Watchlist {
    private readonly followed = new Map<string, readonly Subject[]>();
    private current: readonly Watched[] = [];
    private unusable: readonly string[] = [];

    constructor(
        private readonly configured: readonly Watched[],
        private readonly facts: Facts,
        private readonly follow: Follow,
        private readonly log: Logger,
    ) {}

    get size(): number {
        return this.current.length;
    }

    /** For the health page: addresses of the reference data that cannot be watched. */
    readonly problem = (): string | undefined =>
        this.unusable.length === 0
            ? undefined
            : `${this.unusable.length} addresses are of no chain that can be watched, e.g. ${this.unusable[0] ?? ""}`;

    /** What is followed on some chains. */
    subjects(ofChain: (chain: string) => boolean): readonly Subject[] {
        return this.current
            .filter(({ chain }) => ofChain(chain))
            .flatMap((address) => this.followed.get(key(address)) ?? []);
    }

    /** Asks for the addresses and begins with new ones. An address that is no longer listed rests, its place kept. */
    async refresh(): Promise<void> {
        const own = (await this.facts.own()).map((row) => ({ row, address: watched(row.chain, row.address) }));
        this.unusable = own
            .filter(({ address }) => address === undefined)
            .map(({ row }) => `${row.chain}:${row.address}`);
        const all = [...this.configured, ...own.flatMap(({ address }) => address ?? [])];
        const wanted = [...new Map(all.map((address) => [key(address), address])).values()];
        for (const address of wanted) {
            if (this.followed.has(key(address))) continue;
            this.followed.set(key(address), await this.follow(address));
            this.log.info(address, "watching");
        }
        this.current = wanted;
    }
}
