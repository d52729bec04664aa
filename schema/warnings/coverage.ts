// Whether a rule that stays silent could have spoken: what is loud enough for it, but known from too few.
import { negativeBuzz } from "../rules/negativeBuzz";
import { warning } from "./spec";

/** The rule's own numbers: where it would have spoken, were it for these alone. */
const shared = ["window_minutes", "least_ratio", "least_posts", "least_authors", "least_sources"];

export const insufficientCoverage = warning("insufficient_coverage", {
    version: 1,
    title: "Bad words about a token, from too few authors or sources for negative_buzz",
    severity: "low",
    entity: "token",
    owner: "surveillance",
    description:
        "In the rule's window there are as many negative posts on a token as negative_buzz asks for, and as many times the mean window of the day before, but " +
        "by fewer authors or on fewer sources than it asks for: that it is silent does not say that nothing happens. One campaign or one feed looks like this, and " +
        "so does a crowd whose other sources are not read. Without a day of posts before, the least number of posts decides.",
    parameters: Object.fromEntries(Object.entries(negativeBuzz.parameters).filter(([name]) => shared.includes(name))),
    everySeconds: 60,
    query: `
SELECT token AS entity_id, toString(toStartOfHour({at})) AS trigger_key, first AS since,
    map('token', token, 'posts', toString(posts), 'minutes', toString({window_minutes}), 'authors', toString(authors), 'sources', toString(sources),
        'usual', toString(round(usual, 1)), 'least_authors', toString({least_authors}), 'least_sources', toString({least_sources}), 'classes', classes) AS details
FROM (
    SELECT toString(token) AS token, minIf(minute, heard) AS first, sumIf(length(negative_texts), NOT heard) * {window_minutes} / 1440 AS usual,
        length(groupUniqArrayArrayIf(negative_texts, heard)) AS posts, length(groupUniqArrayArrayIf(negative_authors, heard)) AS authors,
        length(groupUniqArrayArrayIf(negative_sources, heard)) AS sources, arrayStringConcat(arraySort(groupUniqArrayIf(toString(source_class), heard)), ', ') AS classes
    FROM (
        SELECT *, minute > {at} - toIntervalMinute({window_minutes}) AND negative_posts > 0 AS heard
        FROM trading.post_minutes
        WHERE run = '' AND minute > {at} - toIntervalMinute(1440 + {window_minutes}) AND minute <= {at}
    )
    GROUP BY token
)
WHERE posts >= {least_posts} AND posts >= {least_ratio} * usual AND (authors < {least_authors} OR sources < {least_sources})`,
    reason:
        "{posts} negative posts on {token} in {minutes} min (usually {usual}) by {authors} authors on {sources} sources ({classes}); negative_buzz asks for {least_authors} " +
        "authors and {least_sources} sources and says nothing: read the posts, and see whether the token's other sources are collected",
});
