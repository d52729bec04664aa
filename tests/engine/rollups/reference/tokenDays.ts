// For tests: each instrument in a day, from the references of minutes.
import { type Row } from "../support";
import { grouped, largest, shown, sum, units } from "./values";

type Texts = Record<string, string | null>;

const sums = ["trades", "base_volume", "quote_volume", "taker_buy_volume", "self_trade_volume", "orders", "cancels"];
const value = (row: Texts, name: string): bigint => units(row[name] ?? "0");
const float = (units: bigint): number => Number(units) / 1e18;
const mean = (rows: readonly Texts[], name: string): number | null => {
    const values = rows.flatMap((row) => (row[name] == null ? [] : Number(row[name])));
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length;
};
const share = (part: bigint, whole: bigint): number | null => (whole === 0n ? null : float(part) / float(whole));
const byDay = (rows: readonly Texts[]) =>
    grouped(rows, (row) => ({
        run: row["run"] ?? "",
        symbol: row["symbol"] ?? "",
        day: (row["minute"] ?? "").slice(0, 10),
    }));

/** token_days; the tests have one venue of their own per run. */
export function tokenDays(tokens: readonly Row[], markets: readonly Row[], accounts: readonly Row[]): Row[] {
    const [market, account] = [byDay(markets as Texts[]), byDay(accounts as Texts[])];
    return byDay(tokens as Texts[]).map(({ key, own }) => {
        const venues = new Set(own.map((row) => row["venue"]));
        const same = (other: Readonly<Record<string, string>>): boolean =>
            JSON.stringify(other) === JSON.stringify(key);
        const book = (market.find((day) => same(day.key))?.own ?? []).filter((row) => venues.has(row["venue"] ?? ""));
        const traded = own
            .filter((row) => row["close"] != null)
            .toSorted((a, b) => ((a["minute"] ?? "") < (b["minute"] ?? "") ? -1 : 1));
        const closes = traded.map((row) => float(value(row, "close")));
        const returns = closes.slice(1).map((close, index) => Math.log(close / (closes[index] ?? NaN)) ** 2);
        const prices = (name: string): bigint[] =>
            traded.map((row) => value(row, name)).sort((a, b) => (a < b ? -1 : 1));
        const price = (found: bigint | undefined): string | null => (found === undefined ? null : shown(found));
        const totals = Object.fromEntries(sums.map((name) => [name, sum(own.map((row) => value(row, name)))]));
        const total = (name: string): bigint => totals[name] ?? 0n;
        const perAccount = grouped(account.find((day) => same(day.key))?.own ?? [], (row) => ({
            id: row["account_id"] ?? "",
        }));
        const top = largest(
            perAccount.map((each) => sum(each.own.map((row) => value(row, "bought") + value(row, "sold")))),
        );
        return {
            ...key,
            token: own[0]?.["token"],
            ...Object.fromEntries(sums.map((name) => [name, shown(total(name))])),
            open: price(traded[0] && value(traded[0], "open")),
            high: price(prices("high").at(-1)),
            low: price(prices("low")[0]),
            close: price(traded.at(-1) && value(traded.at(-1) ?? {}, "close")),
            wash_share: share(total("self_trade_volume"), total("base_volume")),
            order_to_trade: share(total("orders"), total("trades")),
            realised_volatility: closes.length < 2 ? null : Math.sqrt(returns.reduce((a, b) => a + b, 0)),
            top_account_volume: shown(top),
            top_account_share: share(top, 2n * total("base_volume")),
            spread_bps: mean(book, "spread_bps"),
            bid_depth: mean(book, "bid_depth"),
            ask_depth: mean(book, "ask_depth"),
        };
    });
}
