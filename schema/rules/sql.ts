// Pieces of SQL that rules share.
import { type Declaration } from "../dsl";
import { catalogue } from "..";

/** Rows of the run from `minutes` before {since} until {as_of}; the minute is what the facts' key prunes by. */
export const during = (minutes: string): string =>
    `ifNull(run_id, '') = {run}
        AND toStartOfMinute(event_time) >= toStartOfMinute({since} - toIntervalMinute(${minutes})) AND toStartOfMinute(event_time) <= {as_of}
        AND event_time > {since} - toIntervalMinute(${minutes}) AND event_time <= {as_of}`;

/** Minutes of a rollup of the run, from `minutes` before {since} until {as_of}. */
export const minutesDuring = (minutes: string): string =>
    `run = {run} AND minute >= toStartOfMinute({since} - toIntervalMinute(${minutes})) AND minute <= {as_of}`;

/**
 * What a SELECT finds, as the right side of an IN, to be written in several places: the server runs it once and plans it once, which it does
 * for a plain subquery in each place. `columns` are those of the SELECT.
 */
export const found = (select: string, columns: readonly string[]): string =>
    `SELECT ${columns.map((_, n) => `row.${String(n + 1)}`).join(", ")} FROM (SELECT arrayJoin((SELECT groupUniqArray(tuple(${columns.join(", ")})) FROM (${select}))) AS row)`;

/** What an amount is worth in the reporting currency; NULL where there is no price. */
export const worth = (amount: string, price: string): string =>
    `CAST(toDecimal256(${amount}, 18) * toDecimal256(${price}, 18), 'Nullable(Decimal(76, 18))')`;

/** Users with a withdrawal among the triggers: only their past is looked at. The server evaluates the inner query once, however often it stands there. */
export const withdrawing = `SELECT arrayJoin((SELECT groupUniqArray(user_id) FROM trading.user_withdrawals WHERE ${during("0")} AND state = 'requested'))`;

/**
 * Movements of money of withdrawing users with what they are worth: who, account, t, tie, asset, usd (NULL without a price), and the columns asked
 * for. `selected` are further columns, `condition` what a row must fulfil.
 */
export const priced = (fact: string, minutes: string, selected: string, condition: string): string =>
    `SELECT moved.*, prices.price AS price, ${worth("moved.amount", "prices.price")} AS usd
        FROM (
            SELECT user_id AS who, account_id AS account, event_time AS t, event_id AS tie, asset, amount, toStartOfMinute(event_time) AS valued, ${selected}
            FROM trading.${fact}
            WHERE ${during(minutes)} AND ${condition} AND user_id IN (${withdrawing})
        ) AS moved
        LEFT JOIN (SELECT token, minute, price FROM trading.token_prices WHERE ${minutesDuring(minutes)}) AS prices
            ON prices.token = moved.asset AND prices.minute = moved.valued`;

/** The network of an address as rollup first_seen has it: a /24 of IPv4 (stored mapped), a /48 of IPv6. */
export const networkOf = (ip: string): string =>
    `toString(tupleElement(IPv6CIDRToRange(${ip}, if(startsWith(toString(${ip}), '::ffff:'), 120, 48)), 1))`;

/** 50 where a figure just reaches its threshold, towards 100 beyond it: an order among alerts, not a probability (uncalibrated). */
export const score = (figure: string, threshold: string): string =>
    `round(100 * (1 - 0.5 / greatest(1, toFloat64(${figure}) / greatest(toFloat64(${threshold}), 1e-9))), 1)`;

/** An amount for people: two digits after the point. */
export const money = (amount: string): string => `toString(round(toFloat64(${amount}), 2))`;

/**
 * Milliseconds since 1970, to order windows by: a frame counts to 2^31 at most, which microseconds exceed after 36 minutes. Events of one millisecond
 * count as simultaneous, so ranges are judged right in pieces that begin and end at whole milliseconds.
 */
export const millis = "toUnixTimestamp64Milli(event_time) AS ms";

/** A number of minutes in milliseconds. */
export const inMillis = (minutes: string): string => `${minutes} * 60000`;

/** The time of milliseconds since 1970. */
export const timeOf = (ms: string): string => `fromUnixTimestamp64Milli(${ms}, 'UTC')`;

const envelope = new Set(["event_id", "event_time", "source_id", "source_seq", "origin", "run_id", "original_time"]);

function declared(stream: string): Declaration {
    const found = catalogue.find(({ name }) => name === stream);
    if (found === undefined)
        throw new RangeError(`rules: no fact or reference is called ${stream}; schema/index.ts lists them`);
    return found;
}

/** Rows of the run in the `minutes` up to the trigger, as evidence is asked for. */
export const upToTrigger = (minutes: string): string =>
    `ifNull(run_id, '') = {run}
        AND toStartOfMinute(event_time) >= toStartOfMinute({event_time} - toIntervalMinute(${minutes})) AND toStartOfMinute(event_time) <= {event_time}
        AND event_time >= {event_time} - toIntervalMinute(${minutes}) AND event_time <= {event_time}`;

/** All columns of a fact or reference as text, as evidence keeps them. */
export function rowOf(stream: string): string {
    const columns = Object.keys(declared(stream).columns).filter((column) => !envelope.has(column));
    return `toJSONString(map(${columns.map((column) => `'${column}', toString(ifNull(toString(${column}), ''))`).join(", ")}))`;
}

/** Rows of a fact that prove an alert: those of the `minutes` up to the trigger that fulfil a condition, with all their columns as text. */
export const proof = (fact: string, minutes: string, condition: string): string =>
    `SELECT '${fact}' AS fact, event_id, event_time, ${rowOf(fact)} AS row
    FROM trading.${fact}
    WHERE ${upToTrigger(minutes)}
        AND (${condition})`;

/** Proofs from several facts, in the order of their times. */
export const proofs = (...parts: string[]): string =>
    `SELECT fact, event_id, event_time, row FROM (\n${parts.join("\nUNION ALL\n")}\n) ORDER BY event_time, event_id`;

/**
 * The first completion of each pattern, of those in ({since}, {as_of}]. `completions` selects entity_id, trigger_key, t (time), tie (breaks equal
 * times), window_from, score, details, accounts; its look-back covers all completions a trigger_key can have had before.
 */
export const firstOf = (completions: string): string => `
SELECT CAST(entity_id, 'String') AS entity_id, toString(trigger_key) AS trigger_key, CAST(t, 'DateTime64(6, \\'UTC\\')') AS event_time,
    CAST(window_from, 'DateTime64(6, \\'UTC\\')') AS window_from, toFloat64(score) AS score, CAST(details, 'Map(String, String)') AS details, accounts
FROM (
    SELECT * FROM (${completions}) ORDER BY t, tie LIMIT 1 BY entity_id, trigger_key
)
WHERE t > {since} AND t <= {as_of}`;
