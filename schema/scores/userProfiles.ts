// What a user did on a day beside what the user usually does.
import { common, count, longDays, amount, ratio, type Rollup } from "../rollups/spec";
import { rollup } from "../rollups/sql";
import { ofDays, onDays, touchedDays } from "./days";

/** Days before that a day is compared with, and the fewest of them with activity for it. */
export const usualDays = 29;
export const leastUsualDays = 7;

/** Sums over the last days, the day itself included. */
const sumOf = (column: string, days: number): string => `sumIf(${column}, age < ${String(days)})`;

/** Amounts requested on each active day before; sorted by value, so that statistics do not depend on the order of rows. */
const before = "arraySort(groupArrayIf(toFloat64(withdrawal_amount), age > 0))";
const median = (list: string): string =>
    `(arrayElement(${list}, intDiv(length(${list}) + 1, 2)) + arrayElement(${list}, intDiv(length(${list}) + 2, 2))) / 2`;

const days =
    `SELECT run, user_id, today AS day, max(age = 0) AS present,\n` +
    `    countIf(age < 7) AS active_days_7, count() AS active_days_30,\n` +
    `    ${sumOf("withdrawals", 1)} AS withdrawals_1, ${sumOf("withdrawal_amount", 1)} AS withdrawal_amount_1,\n` +
    `    ${sumOf("withdrawal_amount", 7)} AS withdrawal_amount_7, ${sumOf("withdrawal_amount", 30)} AS withdrawal_amount_30,\n` +
    `    ${sumOf("deposit_amount", 7)} AS deposit_amount_7, ${sumOf("buy_volume + sell_volume", 7)} AS volume_7,\n` +
    `    ${sumOf("unpriced_withdrawals", 30)} AS unpriced_withdrawals_30,\n` +
    `    ${sumOf("failed_logins", 7)} AS failed_logins_7, ${sumOf("security_changes", 7)} AS security_changes_7,\n` +
    `    maxIf(distinct_countries, age < 7) AS most_countries_7, ${sumOf("self_trade_preventions", 30)} AS self_trade_preventions_30,\n` +
    `    ${sumOf("orders", 7)} AS orders_7, ${sumOf("cancels", 7)} AS cancels_7, ${before} AS earlier\n` +
    `FROM (${onDays("user_days", usualDays + 1)})\n` +
    `GROUP BY run, user_id, day HAVING present`;

/** 1.4826: makes the median of distances a standard deviation of what is normal; at least a tenth of the median and 10 USD, against flat pasts. */
const surge =
    `if(length(earlier) < ${String(leastUsualDays)} OR unpriced_withdrawals_30 > 0, NULL,\n` +
    `    (toFloat64(withdrawal_amount_1) - centre) / greatest(1.4826 * (${median("distances")}), 0.1 * centre, 10))`;

export const userProfiles: Rollup = {
    name: "user_profiles",
    description: "What each user did on a day and in the days up to it, beside what is usual for the user",
    grain: "day",
    columns: {
        run: common.run,
        user_id: common.user_id,
        day: common.day,
        active_days_7: count("Days with activity among the last 7"),
        active_days_30: count("Days with activity among the last 30"),
        withdrawals_1: count("Withdrawals requested on the day"),
        withdrawal_amount_1: amount("Withdrawals requested on the day, reporting currency"),
        withdrawal_amount_7: amount("Withdrawals requested in 7 days, reporting currency"),
        withdrawal_amount_30: amount("Withdrawals requested in 30 days, reporting currency"),
        deposit_amount_7: amount("Deposits credited in 7 days, reporting currency"),
        volume_7: amount("Bought and sold in 7 days, reporting currency"),
        unpriced_withdrawals_30: count("Withdrawals requested in 30 days without a price: not in the amounts"),
        failed_logins_7: count("Logins that failed in 7 days"),
        security_changes_7: count("Changes of password, two-factor, addresses and API keys in 7 days"),
        most_countries_7: count("Most countries on one of 7 days"),
        self_trade_preventions_30: count("Orders cancelled by self-trade prevention in 30 days"),
        orders_7: count("Orders that entered the book in 7 days"),
        cancels_7: count("Orders cancelled by the user in 7 days"),
        withdrawal_surge: ratio(
            "Robust z of the day's withdrawals: distance from the median of the active days before, in 1.4826 median absolute deviations; NULL below 7 such days or where an amount is not known",
        ),
    },
    key: ["run", "user_id", "day"],
    partitionBy: "toYYYYMM(day)",
    expiresBy: "day",
    retentionDays: longDays,
    keeps: "latest",
    touched: [touchedDays("user_days", usualDays + 1)],
    select:
        `WITH if(empty(earlier), 0, ${median("earlier")}) AS centre, arraySort(arrayMap(one -> abs(one - centre), earlier)) AS distances\n` +
        `SELECT * EXCEPT (present, earlier), ${surge} AS withdrawal_surge FROM (${days})`,
    everySeconds: 300,
    reads: ["user_days"],
};

/** Rows of the profiles of the days that are computed. */
export const profiles = `SELECT * FROM ${rollup("user_profiles")} WHERE ${ofDays}`;
