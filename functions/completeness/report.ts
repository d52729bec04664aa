// Differences in words, one line each.
import { type Compared } from "./compared";
import { type Difference } from "./differences";
import { type Period } from "./period";

const count = (events: string, one: string): string => `${events} ${one}${events === "1" ? "" : "s"}`;
const range = ({ first, last }: Difference): string =>
    first === last ? (first ?? "") : `${first ?? ""} to ${last ?? ""}`;

function line(difference: Difference): string {
    const { kind, fact, symbol, hour, events, expected, found } = difference;
    const about = [fact, symbol].filter((part) => part !== "").join(" ");
    const numbers = count(events, "number");
    const words = {
        missing: () => `${numbers} missing, ${range(difference)}`,
        repeated: () => `${numbers} repeated, ${range(difference)}: the same events again`,
        reused: () => `${numbers} used for different events, ${range(difference)}`,
        control_total: () => `control total of ${hour ?? ""} says ${expected}; the fact has ${found}`,
        no_control_total: () =>
            `no control total of ${hour ?? ""}, though the source posted some for other symbols; the fact has ${found}`,
    };
    return about === "" ? words[kind]() : `${about}: ${words[kind]()}`;
}

const rank = ["missing", "reused", "repeated", "control_total", "no_control_total"];

function compare(a: Difference, b: Difference): number {
    const order = rank.indexOf(a.kind) - rank.indexOf(b.kind);
    if (order !== 0) return order;
    const [one, other] = [BigInt(a.first ?? 0), BigInt(b.first ?? 0)];
    return one === other
        ? `${a.fact}${a.symbol}${a.hour ?? ""}`.localeCompare(`${b.fact}${b.symbol}${b.hour ?? ""}`)
        : one < other
          ? -1
          : 1;
}

/** The report of `npm run reconcile`: by source, then by kind. */
export function reportOf(
    differences: readonly Difference[],
    { from, until }: Period,
    { sources: counting, totals }: Compared,
): string {
    const period = `${from.toISOString()} to ${until.toISOString()}`;
    if (differences.length === 0)
        return counting === "0" && totals === "0"
            ? `${period}: nothing to compare, since no source counts its events (source_seq) or posted control totals of these hours\n`
            : `${period}: no difference; compared: the numbers of ${count(counting, "source")}, ${count(totals, "control total")}\n`;
    const sources = Map.groupBy(differences, ({ source_id: source, run_id: run }) =>
        run === "" ? source : `${source} (run ${run})`,
    );
    const blocks = [...sources]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([source, own]) => [source, ...own.toSorted(compare).map((each) => `  ${line(each)}`)].join("\n"));
    return `${period}: ${count(String(differences.length), "difference")}\n${blocks.join("\n")}\n`;
}
