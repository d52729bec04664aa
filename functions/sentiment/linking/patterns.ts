// The signs by which a text names a token, each as a search over the text that finds spans.
import { type Token } from "./tokens";

/** A place in a text that names a token. */
export interface Span {
    readonly token: string;
    readonly start: number;
    readonly end: number;
    /** 0 to 1: how much the sign is worth; see `worth`. */
    readonly confidence: number;
}

/** What each sign is worth, set by judgement: they order the signs and let readers cut off; they are not measured frequencies. */
export const worth = {
    cashtag: 0.98,
    nameWithSymbol: 0.97,
    pair: 0.95,
    name: 0.95,
    symbol: 0.9,
    list: 0.85,
    wordNameWithNoun: 0.85,
    symbolWithNoun: 0.7,
    wordNameInContext: 0.65,
} as const;

/** What stands beside a symbol or name that means a token. */
const nouns =
    "tokens?|coins?|price|prices|holders?|staking|stakers?|airdrops?|bulls|bears|longs|shorts|perps?|futures|etfs?|whales?|rally|ecosystem|mainnet|testnet|blockchain|network|protocol|chain|foundation|labs|validators?|subnets?|rollup|dao|treasury|stablecoin|ledger|wallets?|devs?|governance|tvl";

/** Words that make a text one about crypto. */
const cryptoContext =
    /\b(crypto\w*|blockchains?|tokens?|staking|defi|nfts?|airdrops?|mainnet|altcoins?|web3|stablecoins?|on-chain|onchain|bitcoin|ethereum|btc|eth|usdt|usdc|validators?|layer[- ][12]|tvl|memecoins?|binance|coinbase)\b/iu;

export const isAboutCrypto = (text: string): boolean => cryptoContext.test(text);

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/gu, "\\$&");
const longestFirst = (texts: readonly string[]): string =>
    [...texts]
        .sort((a, b) => b.length - a.length)
        .map(escape)
        .join("|");

/** `$LINK`, in either case; `$100` is money. */
export const cashtag = /(?<![\p{L}\p{N}$])\$(\p{L}[\p{L}\p{N}]{1,14})(?![\p{L}\p{N}])/gu;

const quotes = "USDT|USDC|BUSD|FDUSD|USD|EUR|BTC|ETH|BNB|PERP";
/** `LINK/USDT`, `LINK-USD`; without a separator only `LINKUSDT` and the like, which is no word. */
export const pair = new RegExp(
    `(?<![\\p{L}\\p{N}])#?([A-Z0-9]{2,15}?)(?:[/_-](?:${quotes})|(?:USDT|USDC|BUSD|FDUSD))(?![\\p{L}\\p{N}])`,
    "gu",
);

/** A list of tickers: at least three in capitals, parted by commas, slashes or and; hashtags and cashtags need no comma. */
export const tickerList =
    /(?<![\p{L}\p{N}])[$#]?[A-Z0-9]{2,10}(?:(?:\s*[,/|&+]\s*(?:(?:and|or)\s+)?|\s+(?:and|or)\s+|\s+(?=[$#]))[$#]?[A-Z0-9]{2,10}(?![\p{L}\p{N}])){2,}/gu;
export const ticker = /[A-Z0-9]{2,10}/gu;

/** Words in capitals, with or without #. */
export const capitalWord = /(?<![\p{L}\p{N}$])#?([A-Z0-9]{2,15})(?![\p{L}\p{N}])/gu;

/** Any word of Latin letters and digits. */
export const anyWord = /(?<![\p{L}\p{N}$])#?([A-Za-z0-9]{2,15})(?![\p{L}\p{N}])/gu;

const nounAfter = new RegExp(`^(?:'s)?\\s+(?:${nouns})\\b`, "iu");
const verbBefore =
    /\b(?:buy|buying|bought|sell|selling|sold|long|short|shorting|stake|staking|swap|bridge|hodl)\s+(?:more\s+)?$/iu;

/** `up 7%`, `drops by 3.5%`: what prices do. */
const moveAfter =
    /^\s+(?:is\s+)?(?:up|down|gains?|loses?|adds?|sheds?|rises?|falls?|jumps?|drops?|surges?|plunges?|slides?|rallies|climbs?|tumbles?|slips?|soars?)\s+(?:by\s+)?\d+(?:\.\d+)?\s?%/iu;

/** Whether what follows a span is a move of a price. */
export const hasMoveAfter = (text: string, end: number): boolean => moveAfter.test(text.slice(end, end + 32));

/** Whether what surrounds a span speaks of a token: `SAND price`, `buy SAND`, `SAND up 7%`. */
export const hasTokenNoun = (text: string, start: number, end: number): boolean =>
    nounAfter.test(text.slice(end, end + 24)) ||
    hasMoveAfter(text, end) ||
    verbBefore.test(text.slice(Math.max(0, start - 24), start));

/** Whether a network's noun follows: `Avalanche network`, `Optimism's mainnet`. */
export const hasNounAfter = (text: string, end: number): boolean => nounAfter.test(text.slice(end, end + 24));

/** Names by a search each in lower case: the longest comes first, so that `bitcoin cash` is not `bitcoin`. */
export interface NameSearch {
    readonly pattern: RegExp;
    readonly tokens: ReadonlyMap<string, Token>;
}

/** A search for names of tokens. */
export function nameSearch(tokens: readonly Token[], names: (token: Token) => readonly string[]): NameSearch {
    const byName = new Map(tokens.flatMap((token) => names(token).map((name) => [name.toLowerCase(), token])));
    // Without any name: a pattern that never matches.
    const alternatives = byName.size === 0 ? "(?!)" : longestFirst([...byName.keys()]);
    return { pattern: new RegExp(`(?<![\\p{L}\\p{N}$])(${alternatives})(?![\\p{L}\\p{N}])`, "giu"), tokens: byName };
}

/** `Harmony (ONE)`: the symbol in brackets behind one of its names. */
export function nameWithSymbol(token: Token): RegExp | undefined {
    const names = [...token.names, ...token.wordNames];
    if (names.length === 0) return undefined;
    return new RegExp(`(?<![\\p{L}\\p{N}])(?:${longestFirst(names)})\\s*\\(\\s*\\$?${token.symbol}\\b`, "giu");
}

/** Whether a span begins a sentence, where every word has a capital. */
export const beginsSentence = (text: string, start: number): boolean =>
    /(?:^|[.!?:\n"“(])\s*$/u.test(text.slice(Math.max(0, start - 8), start));

/** Whether the word next to a span has a capital as well: a headline in title case, or a longer name. */
export const besideCapital = (text: string, start: number, end: number): boolean =>
    /^\s+\p{Lu}/u.test(text.slice(end, end + 8)) ||
    /\p{Lu}[\p{L}'’]*\s+$/u.test(text.slice(Math.max(0, start - 24), start));

/** Marks the characters of sentences that shout: most of their words, and at least four, are in capitals. */
export function shouting(text: string): Uint8Array {
    const marks = new Uint8Array(text.length);
    for (const sentence of text.matchAll(/[^.!?\n]+/gu)) {
        const words = sentence[0].match(/\p{L}{2,}/gu) ?? [];
        const loud = words.filter((word) => word === word.toUpperCase()).length;
        if (words.length >= 4 && loud / words.length > 0.6)
            marks.fill(1, sentence.index, sentence.index + sentence[0].length);
    }
    return marks;
}
