// Between the APIs and the way out: who is followed, by which API, in whose rounds.
import { solana } from "./chains";
import { createEndpoint } from "./endpoint";
import { type OnChainEnv } from "./env";
import { type Facts } from "./facts";
import { Follower } from "./follow";
import { type Following } from "./following";
import { type OnChainMetrics } from "./metrics";
import { Rounds } from "./rounds";
import { Watchlist } from "./watchlist";

/** What reads the chains. */
export interface Reading {
    readonly watchlist: Watchlist;
    readonly rounds: readonly Rounds[];
    readonly close: () => Promise<unknown>;
}

/** What reads the chains: each API has rounds of its own, so that one that is away does not hold up the other. */
export function createReading(env: OnChainEnv, facts: Facts, following: Following, metrics: OnChainMetrics): Reading {
    const etherscan = createEndpoint("etherscan", env.ETHERSCAN_URL, env.ETHERSCAN_REQUESTS_PER_SECOND, env, metrics);
    const rpc = createEndpoint("solana", env.SOLANA_RPC_URL, env.SOLANA_REQUESTS_PER_SECOND, env, metrics);
    const follower = new Follower(env, facts, following, { etherscan, solana: rpc });
    const watchlist = new Watchlist(env.ON_CHAIN_ADDRESSES, facts, follower.follow, following.log);
    const rounds = (api: string, ofChain: (chain: string) => boolean): Rounds =>
        new Rounds({
            subjects: () => watchlist.subjects(ofChain),
            intervalMs: env.ON_CHAIN_POLL_INTERVAL_MS,
            log: following.log,
            onFailure: () => metrics.failures.inc({ api }),
        });
    metrics.countWatched(() => watchlist.size);
    return {
        watchlist,
        rounds: [rounds("etherscan", (chain) => chain !== solana), rounds("solana", (chain) => chain === solana)],
        close: () => Promise.all([etherscan.close(), rpc.close()]),
    };
}
