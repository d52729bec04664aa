// Sentiment without a key: the `sentiment` library with the AFINN-165 edition for financial market news and terms of our own.
//
// Why these: `sentiment` lets a program bring its own words and its own treatment of a word's surroundings, and the word list is kept by people
// who rate market news. The JavaScript ports of VADER and wink-sentiment have the better rules for prose, but their word lists are sealed in.
import { setImmediate as immediate } from "node:timers/promises";
import { afinn165FinancialMarketNews } from "afinn-165-financialmarketnews";
import Sentiment from "sentiment";
import { type Linker } from "../linking/linker";
import { type Span } from "../linking/patterns";
import { fullText, type Post } from "../post";
import { matchable, tidy } from "../text";
import { background, boosters, marketTerms, negators, phrases } from "./terms";
import { type Judgement, type Scorer } from "./scorer";

/** Changes with every change of words or rules: a score says by which it was made. */
export const lexiconVersion = "afinn-165-financialmarketnews-3.0.0+1";

/** Words a negation or a booster reaches over. */
const reach = 3;
/** A negated word is weaker than its opposite; VADER found 0.74 for prose (Hutto and Gilbert 2014). */
const negated = -0.74;
/** Words that a cause is told in, and what they count against the news. */
const backgroundReach = 6;
const backgroundWeight = 0.5;
/** VADER's normalisation of a sum of valences to -1..1, x / sqrt(x * x + 15), and its bounds of neutral. */
const alpha = 15;
const neutralBelow = 0.05;
const language = "market";

const library = new Sentiment();
library.registerLanguage(language, {
    labels: { ...afinn165FinancialMarketNews, ...marketTerms },
    scoringStrategy: {
        apply: (tokens: readonly string[], cursor: number, valence: number): number => {
            const before = tokens.slice(Math.max(0, cursor - reach), cursor);
            const strength = before.reduce((product, word) => product * (own(boosters, word) ?? 1), 1);
            const behind = tokens.slice(Math.max(0, cursor - backgroundReach), cursor);
            return (
                valence *
                strength *
                (before.some((word) => negators.has(word)) ? negated : 1) *
                (behind.some((word) => background.has(word)) ? backgroundWeight : 1)
            );
        },
    },
});

const own = (map: Readonly<Record<string, number>>, word: string): number | undefined =>
    Object.hasOwn(map, word) ? map[word] : undefined;

/** Phrases as single words, and emoji as words of their own. */
function prepared(text: string): string {
    const joined = phrases.reduce((rest, [pattern, word]) => rest.replace(pattern, ` ${word} `), text);
    return joined.replace(/\p{Extended_Pictographic}/gu, " $& ").replace(/[“”"]/gu, " ");
}

/** Judges a text as a whole; neutral with little confidence where no word is known. */
export function judge(text: string): Judgement {
    const { calculation, score: sum } = library.analyze(prepared(text), { language });
    const weights = calculation.flatMap((word) => Object.values(word).map(Math.abs)).filter((weight) => weight > 0);
    const total = weights.reduce((all, weight) => all + weight, 0);
    const score = Number((sum / Math.sqrt(sum * sum + alpha)).toFixed(3));
    const label = score >= neutralBelow ? "positive" : score <= -neutralBelow ? "negative" : "neutral";
    // Not a probability: grows with the number of words that speak, falls as they disagree.
    const agreement = total === 0 ? 0 : Math.abs(sum) / total;
    const confidence = 0.2 + 0.6 * agreement * (weights.length / (weights.length + 2));
    return { label, score, confidence: Number(confidence.toFixed(3)) };
}

const clauseEnd =
    /(?<=[.!?;:\n])\s+|\s+[-–—]\s+|,\s+|\s+(?=(?:while|whereas|as|but|although|though|however|despite|amid)\b)/u;

/**
 * The clauses of a text that speak of a token: those that name it, and those after one that name no other. A clause before the first name
 * belongs to all.
 */
export function clausesAbout(token: string, text: string, linker: Linker): string {
    let speaksOf: readonly string[] | undefined;
    const about: string[] = [];
    for (const clause of text.split(clauseEnd)) {
        const spans = linker.spans(clause);
        if (spans.length > 0) speaksOf = spans.map((span) => span.token);
        if (speaksOf === undefined || speaksOf.includes(token)) about.push(withoutNames(clause, spans));
    }
    return about.join(" . ");
}

/** A token's name says nothing of it, be it NOT, WIN or Optimism. */
const withoutNames = (text: string, spans: readonly Span[]): string =>
    spans.reduceRight((rest, { start, end }) => `${rest.slice(0, start)}it${rest.slice(end)}`, text);

/** The keyless model. */
export class LexiconScorer implements Scorer {
    readonly model = "lexicon";
    readonly version = lexiconVersion;
    readonly batch = 200;

    constructor(private readonly linker: Linker) {}

    async score(posts: readonly Post[]): Promise<readonly Judgement[]> {
        const judgements: Judgement[] = [];
        for (const post of posts) {
            judgements.push(this.judgeFor(post.token, fullText(post)));
            // A long text takes tens of milliseconds, and the consumer has its heartbeats to send.
            await immediate();
        }
        return judgements;
    }

    /** What a text says of a token: by the clauses about it, or by all of it where these say nothing. */
    judgeFor(token: string, text: string): Judgement {
        // Line breaks part sentences, so each line is tidied by itself.
        const clean = matchable(
            text
                .slice(0, 20_000)
                .split("\n")
                .map((line) => tidy(line))
                .join("\n"),
        );
        const about = judge(clausesAbout(token, clean, this.linker));
        return about.label === "neutral" ? judge(withoutNames(clean, this.linker.spans(clean))) : about;
    }
}
