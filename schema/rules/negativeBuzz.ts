// Bad words about a token, three times as many as usual within half an hour (domain.md 3.9).
import { rule } from "./spec";
import { firstOf, minutesDuring, proof, proofs, score } from "./sql";

const width = "{window_minutes}";
/** The hour an alert belongs to, and a week of days beside the window. */
const lookBack = `(60 + 7 * 1440 + 2 * ${width})`;

/** Minutes [from, to] before a minute with posts, as a frame: the minute itself is 0. */
const frame = (from: string, to: string): string =>
    `PARTITION BY token ORDER BY toUnixTimestamp(minute) RANGE BETWEEN (${from}) * 60 PRECEDING AND ${to === "0" ? "CURRENT ROW" : `(${to}) * 60 PRECEDING`}`;
const now = frame(`${width} - 1`, "0");
const dayBefore = frame(`1440 + ${width} - 1`, width);

/** The same over all tokens. */
const everywhere = (frame: string): string => frame.replace("PARTITION BY token ", "");

/** The same window of each of the last seven days. */
const sameTime = Array.from({ length: 7 }, (_, n) => n + 1)
    .map((day) => `sum(negative) OVER (${frame(`${String(day)} * 1440 + ${width} - 1`, `${String(day)} * 1440`)})`)
    .join(" + ");

export const negativeBuzz = rule("negative_buzz", {
    version: 3,
    title: "Negative buzz",
    severity: "medium",
    entity: "token",
    owner: "surveillance",
    mode: "active",
    description:
        "Negative posts (of each text one) on a token in the window are at least three times (+200%) what is usual: the larger of the mean window of the day before and that of the " +
        "same time on the last seven days, windows without posts counted as 0. There must be enough of them, by enough authors and sources, more than chance " +
        "makes of the usual, and the share of negative posts must have risen: a token that is talked about more in all moods is hype; where all tokens are spoken ill of, and not some that have a wave of their own, as many more are usual here. It is judged at each whole " +
        "minute; with a usual of 0 the least number decides.",
    parameters: {
        window_minutes: {
            type: "UInt32",
            unit: "minutes",
            default: "30",
            description: "Window",
            source: "issue 3: +200% in 30 min",
        },
        least_ratio: {
            type: "Float64",
            unit: "times",
            default: "3",
            description: "Negative posts over the usual number, at least",
            source: "issue 3: +200% is three times the baseline",
        },
        least_posts: {
            type: "UInt32",
            unit: "posts",
            default: "10",
            description: "Negative posts at least",
            source: "domain.md 3.9: floor of 10",
        },
        least_authors: {
            type: "UInt32",
            unit: "authors",
            default: "5",
            description: "Authors of negative posts at least; a news source counts as one",
            source: "domain.md 3.9: 5 authors",
        },
        least_sources: {
            type: "UInt32",
            unit: "sources",
            default: "2",
            description: "Sources of negative posts at least",
            source: "domain.md 3.9: 2 sources",
        },
        least_sigmas: {
            type: "Float64",
            unit: "standard deviations",
            default: "4",
            description:
                "2 (sqrt(posts) - sqrt(expected)), at least: what a Poisson count is off by (variance-stabilised)",
            source: "domain.md 3.9: tail below 1e-4 per token; 4 is 3e-5",
        },
        least_share_rise: {
            type: "Float64",
            unit: "share",
            default: "0.15",
            description: "Share of negative posts above that of the day before, at least",
            source: "domain.md 3.9: 0.15",
        },
    },
    reads: { facts: ["social_posts", "sentiment_scores"], rollups: ["post_minutes"], references: [] },
    lookBackMinutes: 10_200,
    latenessMinutes: 30,
    stepSeconds: 60,
    historyDays: 7,
    suppressionMinutes: 120,
    query: firstOf(`
    SELECT token AS entity_id, toString(toStartOfHour(t)) AS trigger_key, t, '' AS tie, t - toIntervalMinute(${width}) AS window_from, CAST([], 'Array(String)') AS accounts,
        ${score("posts", "greatest({least_posts}, {least_ratio} * usual)")} AS score,
        map('token', token, 'posts', toString(posts), 'usual', toString(round(usual, 1)), 'increase', if(usual = 0, 'new', concat('+', toString(round(100 * (posts - usual) / usual)), '%')),
            'authors', toString(authors), 'sources', toString(sources), 'share', toString(round(100 * posts / scored)), 'minutes', toString(${width})) AS details
    FROM (
        SELECT toString(token) AS token, toDateTime64(minute, 6, 'UTC') + toIntervalMinute(1) AS t, toUInt64(posts_now) AS posts, scored_now AS scored,
            usual, posts_day / greatest(scored_day, 1) AS usual_share,
            -- A day on which all tokens are spoken ill of: as many more as elsewhere are expected here. Others that have a wave of their own in the same window are no
            -- such day, unless they are most of those that are spoken of. Small numbers are drawn towards no change.
            arrayFilter(other -> spoken[other] >= {least_posts} AND spoken[other] >= {least_ratio} * usually[other], mapKeys(spoken)) AS loud_tokens,
            if(2 * length(loud_tokens) > length(spoken), market_now - posts_sum, arraySum(mapValues(mapFilter((other, count) -> other != token AND NOT has(loud_tokens, other), spoken)))) AS others_now,
            greatest(1, (others_now + 5) / ((market_day - posts_day) * ${width} / 1440 + 5)) AS market, (usual + 0.5) * market - 0.5 AS expected,
            length(arrayDistinct(arrayFlatten(authors_now))) AS authors, length(arrayDistinct(arrayFlatten(sources_now))) AS sources
        FROM (
            SELECT *, sumMap(map(toString(token), negative)) OVER (${everywhere(now)}) AS spoken, maxMap(map(toString(token), usual)) OVER (${everywhere(now)}) AS usually
            FROM (
                SELECT token, minute, negative, length(arrayDistinct(arrayFlatten(groupArray(texts) OVER (${now})))) AS posts_now, sum(negative) OVER (${now}) AS posts_sum, sum(scored) OVER (${now}) AS scored_now,
                    sum(negative) OVER (${everywhere(now)}) AS market_now, sum(negative) OVER (${everywhere(dayBefore)}) AS market_day, groupArray(by) OVER (${now}) AS authors_now, groupArray(places) OVER (${now}) AS sources_now,
                    sum(negative) OVER (${dayBefore}) AS posts_day, sum(scored) OVER (${dayBefore}) AS scored_day, ${sameTime} AS posts_week,
                    greatest(posts_day * ${width} / 1440, posts_week / 7) AS usual
                FROM (
                    SELECT token, minute, groupUniqArrayArray(negative_texts) AS texts, length(texts) AS negative, sum(scored_posts) AS scored, groupUniqArrayArray(negative_authors) AS by, groupUniqArrayArray(negative_sources) AS places
                    FROM trading.post_minutes
                    WHERE ${minutesDuring(lookBack)}
                    GROUP BY token, minute
                )
            )
            -- The hour an alert belongs to, and the window before it; older minutes have been counted.
            WHERE minute >= toStartOfMinute({since} - toIntervalMinute(60 + ${width}))
        )
        WHERE negative > 0
    )
    WHERE posts >= {least_posts} AND posts >= {least_ratio} * expected AND authors >= {least_authors} AND sources >= {least_sources}
        AND 2 * (sqrt(posts) - sqrt(expected)) >= {least_sigmas} AND posts / scored >= usual_share + {least_share_rise}`),
    evidence: proofs(
        proof("social_posts", width, "token = {entity_id}"),
        proof("sentiment_scores", width, "token = {entity_id} AND label = 'negative'"),
    ),
    reason: "{posts} negative posts on {token} in {minutes} min by {authors} authors on {sources} sources, usually {usual} ({increase}); {share}% of all that were scored",
});
