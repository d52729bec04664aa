// What can be counted and summed of a fact, and what its source_seq counts: the ground control totals and reconciliation stand on.
import { type Declaration } from "../dsl";
import { facts } from "..";

/** A fact as a source's totals see it. */
export interface Measure {
    readonly declaration: Declaration;
    /** What totals are posted by: symbol, asset or token. */
    readonly subject?: string;
    /** What is summed. */
    readonly amount?: string;
    /** A source's numbers are one count over all its facts; of these facts it is one per subject. */
    readonly countsBySubject: boolean;
}

/** Facts of which a source tells about itself, or that only tests read. */
const unmeasured = new Set(["source_notices", "control_totals", "scenario_labels"]);

/** Their source_seq is the venue's trade id, which is gapless per symbol. */
const countedBySubject = new Set(["market_trades"]);

const firstOf = (declaration: Declaration, names: readonly string[]): string | undefined =>
    names.find((name) => name in declaration.columns);

/** All facts that can be reconciled. */
export const measures: readonly Measure[] = facts
    .filter(({ name }) => !unmeasured.has(name))
    .map((declaration) => {
        const subject = firstOf(declaration, ["symbol", "asset", "token"]);
        const amount = firstOf(declaration, ["quantity", "amount"]);
        return {
            declaration,
            ...(subject === undefined ? {} : { subject }),
            ...(amount === undefined ? {} : { amount }),
            countsBySubject: countedBySubject.has(declaration.name),
        };
    });
