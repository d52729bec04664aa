// The chains that can be watched, by the names the catalogue uses, and how their addresses look.

/** A chain Etherscan v2 knows; its own coin has 18 decimals. */
export interface EvmChain {
    readonly name: string;
    /** EIP-155 chain id, the `chainid` of Etherscan v2. */
    readonly chainId: number;
    /** Symbol of the chain's own coin. */
    readonly coin: string;
}

/** Ids and coins as listed at chainid.network. */
export const evmChains: readonly EvmChain[] = [
    { name: "ethereum", chainId: 1, coin: "ETH" },
    { name: "optimism", chainId: 10, coin: "ETH" },
    { name: "bsc", chainId: 56, coin: "BNB" },
    { name: "polygon", chainId: 137, coin: "POL" },
    { name: "base", chainId: 8453, coin: "ETH" },
    { name: "arbitrum", chainId: 42161, coin: "ETH" },
    { name: "avalanche", chainId: 43114, coin: "AVAX" },
];

export const solana = "solana";

/** Names of all chains. */
export const chainNames: readonly string[] = [...evmChains.map(({ name }) => name), solana];

/** An address of ours on a chain. */
export interface Watched {
    readonly chain: string;
    /** EVM addresses in lower case, as Etherscan lists them, whatever checksum case they were written in. */
    readonly address: string;
}

/** One spelling per address; undefined where the chain is unknown or the text is no address of it. */
export function watched(chain: string, address: string): Watched | undefined {
    if (!chainNames.includes(chain)) return undefined;
    if (chain === solana) return /^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(address) ? { chain, address } : undefined;
    return /^0x[0-9a-fA-F]{40}$/.test(address) ? { chain, address: address.toLowerCase() } : undefined;
}
