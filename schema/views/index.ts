// Views over facts that people, warnings and commands read, in the order they are created.
import { sourceDifferences, sourceWarnings } from "./sourceDifferences";
import { type ViewSpec } from "./spec";

export { type Measure, measures } from "./measures";
export { type ViewSpec } from "./spec";
export { sourceDifferences, sourceWarnings };

/** All of them. */
export const views: readonly ViewSpec[] = [sourceDifferences, sourceWarnings];
