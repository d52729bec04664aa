// Entity linking and keyless sentiment against texts that we wrote and labelled ourselves: a sanity check that finds blunders and regressions. The
// texts were written by who wrote the rules, with hard cases on purpose: the figures say nothing of how real posts are distributed or judged.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Linker } from "../../functions/sentiment/linking/linker";
import { knownTokens } from "../../functions/sentiment/linking/tokens";
import { LexiconScorer } from "../../functions/sentiment/scoring/lexicon";
import { plainText } from "../../functions/sentiment/text";

const labels = ["negative", "neutral", "positive"] as const;
type Label = (typeof labels)[number];

const labelled = z.strictObject({
    text: z.string(),
    /** Tokens the text speaks of, each with what it says of it. */
    tokens: z.record(z.string(), z.enum(labels)),
    /** Why it is a hard case. */
    hard: z.string().optional(),
});
export type Labelled = z.output<typeof labelled>;

/** The committed set. */
export const labelledTexts = (): Labelled[] =>
    readFileSync(join(__dirname, "../data/sentiment-texts.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => labelled.parse(JSON.parse(line)));

/** Right, wrong and missing answers. */
export interface Tally {
    right: number;
    wrong: number;
    missing: number;
}

export const precision = ({ right, wrong }: Tally): number => right / (right + wrong);
export const recall = ({ right, missing }: Tally): number => right / (right + missing);

/** What came of it. */
export interface Measured {
    linking: Tally;
    /** By label; a wrong answer is one under another label. */
    sentiment: Record<Label, Tally>;
    /** Share of right labels. */
    accuracy: number;
    errors: string[];
}

/** Links and judges every text; sentiment for the labelled tokens, whether they were linked or not. */
export function measure(texts: readonly Labelled[]): Measured {
    const linker = new Linker(knownTokens([]));
    const lexicon = new LexiconScorer(linker);
    const tally = (): Tally => ({ right: 0, wrong: 0, missing: 0 });
    const linking = tally();
    const sentiment = { negative: tally(), neutral: tally(), positive: tally() };
    const errors: string[] = [];
    for (const { text: raw, tokens } of texts) {
        const text = plainText(raw);
        const found = linker.link(text).map(({ token }) => token);
        const wanted = Object.keys(tokens);
        linking.right += found.filter((token) => wanted.includes(token)).length;
        linking.wrong += found.filter((token) => !wanted.includes(token)).length;
        linking.missing += wanted.filter((token) => !found.includes(token)).length;
        if (found.toSorted().join() !== wanted.toSorted().join())
            errors.push(`linking: ${raw}\n    found ${found.join() || "none"}, labelled ${wanted.join() || "none"}`);
        for (const [token, label] of Object.entries(tokens)) {
            const judged = lexicon.judgeFor(token, text);
            if (judged.label === label) sentiment[label].right += 1;
            else {
                sentiment[label].missing += 1;
                sentiment[judged.label].wrong += 1;
                errors.push(`sentiment: ${raw}\n    ${token} ${judged.label} (${judged.score}), labelled ${label}`);
            }
        }
    }
    const right = labels.reduce((sum, label) => sum + sentiment[label].right, 0);
    const all = labels.reduce((sum, label) => sum + sentiment[label].right + sentiment[label].missing, 0);
    return { linking, sentiment, accuracy: right / all, errors };
}
