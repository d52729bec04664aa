// How an address is followed, by its chain: an explorer's two lists, each with a cursor of its own, or Solana's histories.
import { Etherscan } from "./etherscan/api";
import { ListReader } from "./etherscan/reader";
import { type Endpoint } from "./ask";
import { type EvmChain, evmChains, type Watched } from "./chains";
import { type OnChainEnv } from "./env";
import { type Facts } from "./facts";
import { type Following, type Subject } from "./following";
import { Histories } from "./solana/history";
import { SolanaRpc } from "./solana/rpc";
import { SolanaWallet } from "./solana/wallet";
import { type Follow } from "./watchlist";

const dayMs = 24 * 3_600_000;

/** Remembers an answer for a time; a failure is not remembered. */
export function remembered<T>(ask: () => Promise<T>, forMs: number, now: () => number = Date.now): () => Promise<T> {
    let answer: { at: number; value: Promise<T> } | undefined;
    return () => {
        if (answer === undefined || now() - answer.at >= forMs) {
            const fresh = { at: now(), value: ask() };
            fresh.value.catch(() => {
                if (answer === fresh) answer = undefined;
            });
            answer = fresh;
        }
        return answer.value;
    };
}

/** What of a chain is the same for all its addresses. */
interface ChainState {
    readonly chain: EvmChain;
    readonly tip: () => Promise<number>;
    readonly firstBlock: () => Promise<number>;
}

/** Makes what follows addresses. */
export class Follower {
    private readonly chains: ReadonlyMap<string, ChainState>;
    private readonly etherscan: Etherscan;
    private readonly rpc: SolanaRpc;

    constructor(
        private readonly env: OnChainEnv,
        private readonly facts: Facts,
        private readonly following: Following,
        endpoints: { etherscan: Endpoint; solana: Endpoint },
    ) {
        this.etherscan = new Etherscan(endpoints.etherscan, env.ETHERSCAN_API_KEY);
        this.rpc = new SolanaRpc(endpoints.solana);
        this.chains = new Map(
            evmChains.map((chain) => [
                chain.name,
                {
                    chain,
                    tip: remembered(() => this.etherscan.tip(chain), env.ON_CHAIN_POLL_INTERVAL_MS),
                    firstBlock: remembered(() => this.etherscan.blockAt(chain, this.beginning()), dayMs),
                },
            ]),
        );
    }

    readonly follow: Follow = async (address) => {
        const state = this.chains.get(address.chain);
        return state === undefined ? [await this.onSolana(address)] : this.onEvm(state, address);
    };

    /** Where history begins for an address of which nothing is known, epoch seconds. */
    private beginning(): number {
        return Math.floor((Date.now() - this.env.ON_CHAIN_HISTORY_DAYS * dayMs) / 1_000);
    }

    private async onEvm({ chain, tip, firstBlock }: ChainState, watched: Watched): Promise<Subject[]> {
        const { ON_CHAIN_CONFIRMATIONS: confirmations, ON_CHAIN_REORG_BLOCKS: reorgBlocks } = this.env;
        const { coin, token } = await this.facts.known(watched, reorgBlocks);
        const parts = { ...this.following, api: this.etherscan, chain, address: watched.address };
        const how = { confirmations, reorgBlocks, tip, firstBlock };
        return [
            new ListReader({ ...parts, ...how, list: "txlist", standing: coin }),
            new ListReader({ ...parts, ...how, list: "tokentx", standing: token }),
        ];
    }

    private async onSolana(watched: Watched): Promise<Subject> {
        const { all: standing } = await this.facts.known(watched, 0);
        const wallet = watched.address;
        const beginning = standing.head === undefined ? { time: this.beginning() } : { slot: standing.head };
        const histories = new Histories(this.rpc, wallet, beginning);
        return new SolanaWallet({ ...this.following, rpc: this.rpc, wallet, standing, histories });
    }
}
