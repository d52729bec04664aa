// The tokens that texts are linked to, and how far their symbols and names can be trusted to mean them.

/** How a symbol reads in prose. */
export type SymbolKind =
    /** Nothing else is spelt so, in either case: BTC. */
    | "clear"
    /** Clear in capitals only: SOL, but `sol` is Spanish. */
    | "capitals"
    /** A word or another abbreviation even in capitals: needs a sign that a token is meant. */
    | "word"
    /** So common (ONE, GAS, LINK) that a neighbour like `price` or `token` proves nothing. */
    | "common";

/** A token as texts may name it. */
export interface Token {
    readonly symbol: string;
    readonly kind: SymbolKind;
    /** Names that mean nothing else. */
    readonly names: readonly string[];
    /** Names that are words or other things as well. */
    readonly wordNames: readonly string[];
}

type Entry = readonly [symbol: string, names?: string, wordNames?: string];

const clear: readonly Entry[] = [
    ["BTC", "bitcoin"],
    ["ETH", "ethereum|ether"],
    ["XRP", "xrp ledger", "Ripple"],
    ["DOGE", "dogecoin"],
    ["LTC", "litecoin"],
    ["BCH", "bitcoin cash"],
    ["BSV", "bitcoin sv"],
    ["USDT", "", "Tether"],
    ["USDC", "usd coin"],
    ["BNB", "binance coin|bnb chain"],
    ["TRX", "tron network|justin sun's tron", "Tron"],
    ["AVAX", "", "Avalanche"],
    ["MATIC", "polygon matic"],
    ["SHIB", "shiba inu"],
    ["XLM", "stellar lumens", "Stellar"],
    ["XMR", "monero"],
    ["ZEC", "zcash"],
    ["HBAR", "hedera hashgraph|hedera"],
    ["MKR", "makerdao", "Maker"],
    ["AAVE"],
    ["CRV", "curve finance|curve dao", "Curve"],
    ["SNX", "synthetix"],
    ["LDO", "lido dao|lido finance", "Lido"],
    ["RNDR", "render network"],
    ["EGLD", "multiversx|elrond"],
    ["XTZ", "tezos"],
    ["AXS", "axie infinity"],
    ["CHZ", "chiliz"],
    ["FTM", "", "Fantom"],
    ["QTUM"],
    ["LUNC", "terra classic"],
    ["INJ", "injective protocol", "Injective"],
    ["DYDX"],
    ["PYTH", "pyth network"],
    ["WBTC", "wrapped bitcoin"],
    ["STETH", "lido staked ether|staked ether"],
    ["YFI", "yearn finance|yearn.finance"],
    ["1INCH"],
    ["GRT", "the graph protocol"],
    ["FLOKI", "floki inu"],
    ["ONDO", "ondo finance"],
    ["IMX", "immutable x"],
];

const capitals: readonly Entry[] = [
    ["SOL", "solana"],
    ["DOT", "polkadot"],
    ["POL", "", "Polygon"],
    ["UNI", "uniswap"],
    ["ICP", "internet computer protocol|dfinity", "Internet Computer"],
    ["FIL", "filecoin"],
    ["ARB", "arbitrum"],
    ["ALGO", "algorand"],
    ["EOS"],
    ["NEO"],
    ["DAI", "dai stablecoin"],
    ["SUI", "sui network"],
    ["SEI", "sei network"],
    ["TIA", "celestia"],
    ["JUP", "jupiter exchange"],
    ["WLD", "worldcoin"],
    ["ENS", "ethereum name service"],
    ["STX", "stacks blockchain", "Stacks"],
    ["FET", "fetch.ai"],
    ["PEPE", "pepecoin"],
    ["BONK", "bonk inu"],
    ["KAS", "kaspa"],
    ["ZRX"],
    ["KNC", "kyber network"],
];

const words: readonly Entry[] = [
    ["ADA", "cardano"],
    ["ETC", "ethereum classic"],
    ["APT", "aptos"],
    ["ATOM", "cosmos hub", "Cosmos"],
    ["NEAR", "near protocol"],
    ["TON", "toncoin|the open network"],
    ["VET", "vechain"],
    ["THETA", "theta network"],
    ["SAND", "the sandbox game"],
    ["MANA", "decentraland"],
    ["APE", "apecoin"],
    ["GALA", "gala games"],
    ["FLOW", "flow blockchain"],
    ["COMP", "compound finance", "Compound"],
    ["DASH"],
    ["LUNA", "terra luna", "Terra"],
    ["SUSHI", "sushiswap"],
    ["CAKE", "pancakeswap"],
    ["BAT", "basic attention token"],
    ["TAO", "bittensor"],
    ["ENA", "ethena"],
    ["BLUR"],
    ["MASK", "mask network"],
    ["WAVES"],
    ["RUNE", "thorchain"],
    ["OCEAN", "ocean protocol"],
    ["RAY", "raydium"],
    ["RENDER"],
];

const common: readonly Entry[] = [
    ["ONE", "", "Harmony"],
    ["GAS"],
    ["LINK", "chainlink"],
    ["OP", "", "Optimism"],
    ["NOT", "notcoin"],
    ["HOT", "holochain"],
    ["KEY", "selfkey"],
    ["WIN", "winklink"],
    ["FUN", "funtoken"],
    ["SUN", "sun.io"],
    ["HIGH", "highstreet market"],
    ["PEOPLE", "constitutiondao"],
    ["GMT", "stepn"],
    ["ID", "space id"],
    ["IO", "io.net"],
    ["MOVE", "movement labs"],
    ["TRUMP", "official trump|trump memecoin|trump meme coin"],
    ["ACE", "fusionist"],
    ["SUPER", "superverse"],
    ["MAGIC", "treasuredao"],
    ["ICE", "ice open network"],
];

const split = (list: string | undefined): string[] => (list === undefined || list === "" ? [] : list.split("|"));

const tokensOf = (kind: SymbolKind, entries: readonly Entry[]): Token[] =>
    entries.map(([symbol, names, wordNames]) => ({ symbol, kind, names: split(names), wordNames: split(wordNames) }));

/** Tokens known without being told. */
export const builtInTokens: readonly Token[] = [
    ...tokensOf("clear", clear),
    ...tokensOf("capitals", capitals),
    ...tokensOf("word", words),
    ...tokensOf("common", common),
];

/**
 * A token of the operator's own, `SYMBOL=Name|Other name` or `SYMBOL`; its symbol counts in capitals, its names as they are.
 * @throws Error naming the entry.
 */
export function tokenOf(entry: string): Token {
    const [, symbol = "", names] = /^([A-Z0-9]{2,15})(?:=(.+))?$/u.exec(entry) ?? [];
    if (symbol === "") throw new Error(`"${entry}" is not SYMBOL or SYMBOL=Name|Other name, e.g. FOO=Foo Protocol`);
    return { symbol, kind: "capitals", names: split(names), wordNames: [] };
}

/** The operator's tokens and the built-in ones; the operator's word on a symbol holds. */
export function knownTokens(own: readonly Token[]): Token[] {
    const named = new Set(own.map(({ symbol }) => symbol));
    return [...own, ...builtInTokens.filter(({ symbol }) => !named.has(symbol))];
}
