// `npm run sentiment-report [-- --errors]`: precision and recall of entity linking and of keyless sentiment on our own labelled texts.
import { Command } from "commander";
import { runCommand } from "../../functions/shared/commandLine";
import { lexiconVersion } from "../../functions/sentiment/scoring/lexicon";
import { labelledTexts, measure, precision, recall, type Tally } from "../support/labelled";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const line = (title: string, tally: Tally): string =>
    `  ${title.padEnd(9)} precision ${precision(tally).toFixed(3)}  recall ${recall(tally).toFixed(3)}  (${tally.right} right, ${tally.wrong} wrong, ${tally.missing} missed)`;

function report({ errors }: { errors?: true }): void {
    const texts = labelledTexts();
    say(
        "A sanity check on texts of our own, written and labelled by who wrote the rules: no measure of quality on real posts.",
    );
    for (const [title, some] of [
        ["all texts", texts],
        ["hard cases", texts.filter(({ hard }) => hard !== undefined)],
    ] as const) {
        const { linking, sentiment, accuracy } = measure(some);
        say(`\n${title}: ${some.length} texts`);
        say(line("linking", linking));
        say(`  sentiment by the lexicon (${lexiconVersion}), accuracy ${accuracy.toFixed(3)}`);
        for (const [label, tally] of Object.entries(sentiment)) say(line(label, tally));
    }
    if (errors) say(`\n${measure(texts).errors.join("\n")}`);
}

runCommand(
    new Command("npm run sentiment-report --")
        .description("Measures entity linking and keyless sentiment on our own labelled texts")
        .option("--errors", "list the texts that came out wrong")
        .action(report),
);
