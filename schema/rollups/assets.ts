// Which assets an instrument is made of.
import { fact, run } from "./sql";

/**
 * Stablecoins that count as one unit of the reporting currency, by declaration: their de-pegs are small beside the other errors of a valuation
 * and a rule of their own.
 */
export const reportingAssets = ["USD", "USDT", "USDC", "DAI", "FDUSD", "TUSD", "USDP", "PYUSD"] as const;

/** Quote assets that symbols end with, where no instrument is declared; the longest fits first. */
const quoteAssets = [...reportingAssets, "EUR", "GBP", "JPY", "TRY", "BRL", "BTC", "ETH", "BNB", "SOL"].sort(
    (a, b) => b.length - a.length,
);
const spelled = `^(.+?)[-_/]?(${quoteAssets.join("|")})$`;

/** `run, venue, symbol` to `base, quote` as declared. */
const declared =
    `SELECT ${run}, venue, symbol, argMax(base_asset, event_time) AS base, argMax(quote_asset, event_time) AS quote\n` +
    `FROM ${fact("instruments")} GROUP BY run, venue, symbol`;

/** Adds `token` and `quote` to a select with run, venue and symbol: from the instrument's declaration, else from its spelling, else ''. */
export const withAssets = (select: string): string =>
    `SELECT listed.*, if(declared.base != '', toString(declared.base), extractGroups(toString(listed.symbol), '${spelled}')[1]) AS token,\n` +
    `    if(declared.quote != '', toString(declared.quote), extractGroups(toString(listed.symbol), '${spelled}')[2]) AS quote\n` +
    `FROM (${select}) AS listed LEFT JOIN (${declared}) AS declared USING (run, venue, symbol)`;
