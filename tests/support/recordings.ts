// Recorded market data for tests; see the README for where it comes from.
import { type Suite } from "mocha";
import { haveRecordings, recordings } from "../bench/samples";

/** A suite that needs the recordings: without them it says so and is skipped, never silently passed. */
export function describeWithRecordings(title: string, body: (this: Suite) => void): void {
    if (haveRecordings) describe(title, body);
    else describe.skip(`${title} (no recordings at ${recordings}; set RECORDINGS)`, body);
}
