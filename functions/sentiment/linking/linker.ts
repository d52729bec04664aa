// Entity linking: which tokens a text speaks of. `ONE`, `GAS` and `LINK` are words first and tokens only where a sign says so.
import { matchable } from "../text";
import * as signs from "./patterns";
import { type NameSearch, nameSearch, nameWithSymbol, type Span, worth } from "./patterns";
import { type Token } from "./tokens";

/** A token a text speaks of. */
export interface Link {
    readonly token: string;
    /** 0 to 1, of the best sign. */
    readonly confidence: number;
}

/** Links texts to tokens by their symbols, names, cashtags and pairs. */
export class Linker {
    private readonly bySymbol: ReadonlyMap<string, Token>;
    private readonly names: NameSearch;
    private readonly wordNames: NameSearch;
    private readonly named: readonly { symbol: string; pattern: RegExp }[];

    constructor(tokens: readonly Token[]) {
        this.bySymbol = new Map(tokens.map((token) => [token.symbol, token]));
        this.names = nameSearch(tokens, (token) => token.names);
        this.wordNames = nameSearch(tokens, (token) => token.wordNames);
        this.named = tokens.flatMap((token) => {
            const pattern = nameWithSymbol(token);
            return pattern === undefined ? [] : [{ symbol: token.symbol, pattern }];
        });
    }

    /** Tokens of a text, in the order they are first named. */
    link(text: string): Link[] {
        const best = new Map<string, number>();
        for (const { token, confidence } of this.spans(matchable(text)))
            best.set(token, Math.max(best.get(token) ?? 0, confidence));
        return [...best].map(([token, confidence]) => ({ token, confidence }));
    }

    /**
     * Where a text (as `matchable` gives it) names tokens, by place. Signs are looked for from the surest down, and a place belongs to the
     * first that claims it: what is a pair is not looked at as a name again. In the end a token that some sign proved is meant by its bare
     * symbol in capitals elsewhere too.
     */
    spans(text: string): Span[] {
        const claimed = new Claims(text.length);
        const loud = signs.shouting(text);
        claimed.add(this.cashtags(text));
        claimed.add(this.bracketed(text));
        claimed.add(this.pairs(text));
        claimed.add(this.byName(text));
        claimed.add(this.symbols(text, loud));
        claimed.add(this.lists(text));
        claimed.add(this.wordsWithNoun(text, loud));
        claimed.add(this.wordNamesIn(text));
        claimed.add(this.again(text, loud, claimed.tokens()));
        return claimed.inOrder();
    }

    private cashtags(text: string): Span[] {
        return [...text.matchAll(signs.cashtag)].flatMap((match) =>
            this.span(match, match[1]?.toUpperCase(), worth.cashtag),
        );
    }

    private bracketed(text: string): Span[] {
        // A search a token: only where there is something to find.
        if (!text.includes("(")) return [];
        return this.named.flatMap(({ symbol, pattern }) =>
            [...text.matchAll(pattern)].flatMap((match) => this.span(match, symbol, worth.nameWithSymbol)),
        );
    }

    private pairs(text: string): Span[] {
        return [...text.matchAll(signs.pair)].flatMap((match) => this.span(match, match[1], worth.pair));
    }

    private byName(text: string): Span[] {
        return [...text.matchAll(this.names.pattern)].flatMap((match) =>
            this.span(match, this.names.tokens.get(match[0].toLowerCase())?.symbol, worth.name),
        );
    }

    private symbols(text: string, loud: Uint8Array): Span[] {
        return [...text.matchAll(signs.anyWord)].flatMap((match) => {
            const [, word = ""] = match;
            const token = this.bySymbol.get(word.toUpperCase());
            const bare =
                token?.kind === "clear" ||
                (token?.kind === "capitals" && word === token.symbol && loud[match.index] !== 1);
            return !bare ? [] : this.span(match, token.symbol, worth.symbol);
        });
    }

    /** In a list of tickers that has two of which there is no doubt, the others are tickers too. */
    private lists(text: string): Span[] {
        return [...text.matchAll(signs.tickerList)].flatMap((list) => {
            const members = [...list[0].matchAll(signs.ticker)];
            const sure = members
                .map(([symbol]) => this.bySymbol.get(symbol)?.kind)
                .filter((kind) => kind === "clear" || kind === "capitals").length;
            if (sure < 2) return [];
            return members.flatMap((member) =>
                this.span(member, member[0], worth.list).map((span) => ({
                    ...span,
                    start: list.index + span.start,
                    end: list.index + span.end,
                })),
            );
        });
    }

    private wordsWithNoun(text: string, loud: Uint8Array): Span[] {
        return [...text.matchAll(signs.capitalWord)].flatMap((match) => {
            const token = this.bySymbol.get(match[1] ?? "");
            const end = match.index + match[0].length;
            const meant = token?.kind === "word" && signs.hasTokenNoun(text, match.index, end);
            return meant && loud[match.index] !== 1 ? this.span(match, token.symbol, worth.symbolWithNoun) : [];
        });
    }

    private wordNamesIn(text: string): Span[] {
        const aboutCrypto = signs.isAboutCrypto(text);
        return [...text.matchAll(this.wordNames.pattern)].flatMap((match) => {
            const { index: start, 0: name } = match;
            const end = start + name.length;
            if (!/^\p{Lu}/u.test(name)) return [];
            const symbol = this.wordNames.tokens.get(name.toLowerCase())?.symbol;
            if (signs.hasNounAfter(text, end) || signs.hasMoveAfter(text, end))
                return this.span(match, symbol, worth.wordNameWithNoun);
            const bare = !signs.beginsSentence(text, start) && !signs.besideCapital(text, start, end);
            return aboutCrypto && bare ? this.span(match, symbol, worth.wordNameInContext) : [];
        });
    }

    private again(text: string, loud: Uint8Array, proven: ReadonlySet<string>): Span[] {
        return [...text.matchAll(signs.capitalWord)].flatMap((match) =>
            proven.has(match[1] ?? "") && loud[match.index] !== 1
                ? this.span(match, match[1], worth.symbolWithNoun)
                : [],
        );
    }

    private span(match: RegExpMatchArray, symbol: string | undefined, confidence: number): Span[] {
        if (symbol === undefined || !this.bySymbol.has(symbol)) return [];
        const start = match.index ?? 0;
        return [{ token: symbol, start, end: start + match[0].length, confidence }];
    }
}

/** Spans that do not overlap: who comes first keeps the place. */
class Claims {
    private readonly taken: Span[] = [];
    private readonly marks: Uint8Array;

    constructor(length: number) {
        this.marks = new Uint8Array(length);
    }

    add(spans: readonly Span[]): void {
        for (const span of spans) {
            if (this.marks.subarray(span.start, span.end).includes(1)) continue;
            this.marks.fill(1, span.start, span.end);
            this.taken.push(span);
        }
    }

    tokens(): Set<string> {
        return new Set(this.taken.map(({ token }) => token));
    }

    inOrder(): Span[] {
        return this.taken.sort((a, b) => a.start - b.start);
    }
}
