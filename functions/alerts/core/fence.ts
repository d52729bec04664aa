// Two workers that deliver would tell everything twice. The one that starts last fences the others off: it makes a claim, waits until what they had begun is over, and
// goes on from the journal; they look at the claims before they begin anything, and end. Pure numbers; the claims are in ClickHouse (clickhouse/claim.ts).
import { type Effect } from "./delivering";

/** How long a look at the claims counts, ms: what is begun, is begun at most so long after it. */
export const checkedMs = 3_000;
/** A request (channels/sender.ts) and a statement of the journal take no longer than this, ms. */
export const effectMs = 5_000;
/** From a claim until all that others have begun is over and written down, ms: the look that may have come before the claim, an effect, and the row that says what came of it. */
export const settleMs = checkedMs + 2 * effectMs;

/** Whether an effect begins something. What came of what was begun is written by whoever began it: his successor waits for that. */
export const begins = (effect: Effect): boolean => effect.do !== "journal" || effect.row.state === "intent";
