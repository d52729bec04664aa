// Rows that come too late for a rule: it has judged their time for good. They are written down, since they are what a live run and a backtest differ in.
import { type EvaluatedRule } from "./rules/rule";
import { type Standings } from "./standings";
import { type LateArrival } from "./store";
import { type Observed } from "./watermark/observer";

/**
 * What came too late, of what was observed and not yet judged: one entry a rule, run and fact, however many rows there are. The rows are those received
 * within its span with an event_time up to `judgedTo`. After a crash it may be told again.
 */
export const tooLate = (
    rules: readonly EvaluatedRule[],
    standings: Standings,
    { arrived }: Pick<Observed, "arrived">,
): LateArrival[] =>
    rules.flatMap((evaluated) =>
        standings.of(evaluated).flatMap(({ rule, version, run, progress: { finalTo }, knownAt }) =>
            evaluated.sources.flatMap(({ name: fact }) =>
                (arrived.get(fact) ?? []).flatMap((arrival) => {
                    // A restart tells again of rows that this rule has seen in time.
                    const after = Math.max(arrival.after, knownAt);
                    if (arrival.run !== run || arrival.first > finalTo || arrival.received <= after) return [];
                    const { first, received } = arrival;
                    return [{ rule, version, run, fact, judgedTo: finalTo, first, after, received }];
                }),
            ),
        ),
    );
