// What each user did in a minute.
import { common, minuteDays, type Rollup } from "./spec";
import { arrivals, fact, factor, inMinutes, minute, ofMinutes, product, refreshes, rollup, run, total } from "./sql";
import { withAssets } from "./assets";
import { tradeArrivals, tradeVersions } from "./tradeAmendments";
import { combine, measureNames, nothing, userMeasures, type UserMeasure } from "./userMeasures";

const prices = `SELECT run, token, minute, price FROM ${rollup("token_prices")} WHERE ${ofMinutes()}`;

const securityChanges = [
    "two_factor_enabled",
    "two_factor_disabled",
    "password_changed",
    "password_reset",
    "address_added",
    "address_removed",
    "api_key_created",
    "api_key_deleted",
]
    .map((action) => `'${action}'`)
    .join(", ");

/** Measures of one source; those it says nothing of are nothing. */
function part(source: string, values: Partial<Record<UserMeasure, string>>): string {
    const columns = measureNames.map((name) => `${values[name] ?? nothing(name)} AS ${name}`);
    return `SELECT run, minute, user_id, ${columns.join(", ")}\nFROM (${source})\nGROUP BY run, minute, user_id`;
}

const orders = part(
    `SELECT ${run}, ${minute}, user_id, state, ifNull(toString(reason), 'user') AS why FROM ${fact("user_orders")} WHERE ${inMinutes}`,
    {
        orders: "countIf(state = 'new')",
        cancels: "countIf(state = 'cancelled' AND why = 'user')",
        self_trade_preventions: "countIf(state = 'cancelled' AND why = 'self_trade_prevention')",
        rejects: "countIf(state = 'rejected')",
        amends: "countIf(state = 'amended')",
    },
);

/** Per instrument first: what is multiplied with a price is one exact sum. */
const fillsBySymbol =
    `SELECT run, venue, symbol, minute, party.1 AS user_id, countIf(counted) AS trades,\n` +
    `    ${total(`sumIf(${product("price", "quantity")}, counted AND party.2 = 'buy')`)} AS bought,\n` +
    `    ${total(`sumIf(${product("price", "quantity")}, counted AND party.2 = 'sell')`)} AS sold\n` +
    `FROM (${tradeVersions})\n` +
    `ARRAY JOIN [(maker_user_id, if(taker_side = 'buy', 'sell', 'buy')), (taker_user_id, toString(taker_side))] AS party\n` +
    `GROUP BY run, venue, symbol, minute, user_id`;

const fills = part(
    `SELECT listed.run AS run, listed.minute AS minute, user_id, trades, toDecimal256(${factor("bought")}, 18) * price AS bought_value, toDecimal256(${factor("sold")}, 18) * price AS sold_value\n` +
        `FROM (${withAssets(fillsBySymbol)}) AS listed\n` +
        `LEFT JOIN (${prices}) AS priced ON priced.run = listed.run AND priced.token = listed.quote AND priced.minute = listed.minute`,
    {
        fills: "sum(trades)",
        buy_volume: total("ifNull(sum(bought_value), 0)"),
        sell_volume: total("ifNull(sum(sold_value), 0)"),
        unpriced_fills: "sumIf(trades, isNull(bought_value) OR isNull(sold_value))",
    },
);

/** Deposits or withdrawals in one state, with their value. */
const movements = (name: string, state: string): string =>
    `SELECT moved.run AS run, moved.minute AS minute, user_id, is_counted, toDecimal256(amount, 18) * price AS value\n` +
    `FROM (SELECT ${run}, ${minute}, user_id, toString(asset) AS token, amount, state = '${state}' AS is_counted FROM ${fact(name)} WHERE ${inMinutes}) AS moved\n` +
    `LEFT JOIN (${prices}) AS priced ON priced.run = moved.run AND priced.token = moved.token AND priced.minute = moved.minute`;

const sumOf = total("ifNull(sumIf(value, is_counted), 0)");
const largestOf = total("ifNull(maxIf(value, is_counted), 0)");
const unpricedOf = "countIf(is_counted AND isNull(value))";

const deposits = part(movements("user_deposits", "credited"), {
    deposits: "countIf(is_counted)",
    deposit_amount: sumOf,
    largest_deposit: largestOf,
    unpriced_deposits: unpricedOf,
});

const withdrawals = part(movements("user_withdrawals", "requested"), {
    withdrawals: "countIf(is_counted)",
    withdrawal_amount: sumOf,
    largest_withdrawal: largestOf,
    unpriced_withdrawals: unpricedOf,
});

const distinct = (column: string): string =>
    `groupUniqArrayIf(assumeNotNull(${column}), isNotNull(${column}) AND action != 'login_failed')`;

const actions = part(
    `SELECT ${run}, ${minute}, assumeNotNull(user_id) AS user_id, action, toString(ip) AS address, device_id, toString(country) AS land\n` +
        `FROM ${fact("user_actions")} WHERE isNotNull(user_id) AND ${inMinutes}`,
    {
        logins: "countIf(action = 'login_succeeded')",
        failed_logins: "countIf(action = 'login_failed')",
        security_changes: `countIf(action IN (${securityChanges}))`,
        ips: distinct("address"),
        devices: distinct("device_id"),
        countries: distinct("land"),
    },
);

export const userMinutes: Rollup = {
    name: "user_minutes",
    description: "What each user did in a minute",
    grain: "minute",
    columns: {
        run: common.run,
        minute: common.minute,
        user_id: common.user_id,
        ...Object.fromEntries(measureNames.map((name) => [name, userMeasures[name].column])),
    },
    key: ["run", "minute", "user_id"],
    partitionBy: "toDate(minute)",
    expiresBy: "minute",
    retentionDays: minuteDays,
    keeps: "latest",
    touched: [
        ...["user_orders", "user_deposits", "user_withdrawals", "user_actions"].map((name) => arrivals(name)),
        ...tradeArrivals,
        refreshes("token_prices", "minute"),
    ],
    select:
        `SELECT run, minute, user_id, ${measureNames.map((name) => `${combine(name)} AS ${name}`).join(", ")}\n` +
        `FROM (\n${[orders, fills, deposits, withdrawals, actions].join("\nUNION ALL\n")}\n)\nGROUP BY run, minute, user_id`,
    reads: ["trade_amendments", "token_prices"],
};
