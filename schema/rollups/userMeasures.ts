// What is counted per user, and how it adds up from minutes to days.
import { amount, count, listOf, type RollupColumn } from "./spec";

/** A column of the rollups per user. */
export interface Measure {
    readonly column: RollupColumn;
    /** How values of parts make the value of the whole. */
    readonly combined: "sum" | "max" | "union";
}

const counted = (description: string): Measure => ({ column: count(description), combined: "sum" });
const summed = (description: string): Measure => ({
    column: amount(`${description}, reporting currency`),
    combined: "sum",
});
const largest = (description: string): Measure => ({
    column: amount(`${description}, reporting currency`),
    combined: "max",
});
const listed = (description: string, personal: boolean): Measure => ({
    column: listOf("String", description, personal),
    combined: "union",
});

export const userMeasures = {
    orders: counted("Orders that entered the book (state new)"),
    cancels: counted("Orders cancelled by the user, or without a reason given"),
    self_trade_preventions: counted("Orders cancelled by self-trade prevention"),
    rejects: counted("Orders rejected"),
    amends: counted("Orders amended"),
    fills: counted("Trades, as maker and as taker; a trade with oneself is two"),
    buy_volume: summed("Bought"),
    sell_volume: summed("Sold"),
    unpriced_fills: counted("Fills whose quote asset had no price: not in the volumes"),
    deposits: counted("Deposits credited"),
    deposit_amount: summed("Deposits credited"),
    largest_deposit: largest("Largest deposit credited"),
    unpriced_deposits: counted("Deposits credited whose asset had no price: not in the amounts"),
    withdrawals: counted("Withdrawals requested"),
    withdrawal_amount: summed("Withdrawals requested"),
    largest_withdrawal: largest("Largest withdrawal requested"),
    unpriced_withdrawals: counted("Withdrawals requested whose asset had no price: not in the amounts"),
    logins: counted("Logins that succeeded"),
    failed_logins: counted("Logins that failed"),
    security_changes: counted("Changes of password, two-factor, addresses and API keys"),
    ips: listed("Client addresses of what the user did, failed logins aside", true),
    devices: listed("Devices of what the user did, failed logins aside", true),
    countries: listed("Countries of what the user did, failed logins aside", false),
} as const satisfies Record<string, Measure>;

export type UserMeasure = keyof typeof userMeasures;

/** All of them, in table order. */
export const measureNames = Object.keys(userMeasures) as UserMeasure[];

/** SQL of the whole from the column `name` of the parts. */
export function combine(name: UserMeasure): string {
    const { combined } = userMeasures[name];
    return combined === "union" ? `arraySort(groupUniqArrayArray(${name}))` : `${combined}(${name})`;
}

/** SQL of nothing, in the column's type. */
export const nothing = (name: UserMeasure): string => {
    const { type } = userMeasures[name].column;
    return type.startsWith("Array") ? "CAST([], 'Array(String)')" : `CAST(0, '${type}')`;
};
