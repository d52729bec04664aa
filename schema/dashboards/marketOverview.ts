// What the venue's market does, and what others quote.
import { type Dashboard, point, within } from "./spec";

const own = `FROM trading.token_minutes WHERE ${within("minute")}`;
const quoted = `FROM trading.market_minutes WHERE ${within("minute")}`;
const instrument = "concat(toString(venue), ' ', toString(symbol))";

export const marketOverview: Dashboard = {
    id: "market-overview",
    title: "Market overview",
    description: "Volume, prices, spread and depth, our own and of reference venues.",
    variables: [],
    panels: [
        {
            id: "volume",
            title: "Traded volume",
            description: "Of our venue, in the quote asset, by instrument.",
            kind: "lines",
            unit: "usd",
            sql: `SELECT ${point("minute")} AS time, toString(symbol) AS series, toFloat64(sum(quote_volume)) AS value ${own} GROUP BY time, series ORDER BY time, series`,
        },
        {
            id: "instruments",
            title: "Instruments",
            description:
                "Of our venue over the whole time. Many orders for few trades (order-to-trade) are what quote stuffing and layering look like from afar.",
            kind: "table",
            unit: "none",
            sql: `SELECT symbol, sum(trades) AS trade_count, toString(sum(quote_volume)) AS volume, toString(argMinIf(open, minute, isNotNull(open))) AS first_price, toString(argMaxIf(close, minute, isNotNull(close))) AS last_price,
    toString(max(high)) AS highest, toString(min(low)) AS lowest, round(sum(orders) / nullIf(trade_count, 0), 1) AS order_to_trade
${own} GROUP BY symbol ORDER BY sum(quote_volume) DESC, symbol LIMIT 100`,
        },
        {
            id: "activity",
            title: "Orders, cancellations and trades",
            description: "Of our venue, all instruments together.",
            kind: "lines",
            unit: "count",
            sql: `SELECT time, tupleElement(each, 1) AS series, tupleElement(each, 2) AS value
FROM (
    SELECT ${point("minute")} AS time, arrayJoin([('orders', sum(orders)), ('cancellations', sum(cancels)), ('trades', sum(trades))]) AS each
    ${own} GROUP BY time
)
ORDER BY time, series`,
        },
        {
            id: "spread",
            title: "Spread",
            description: "Mean of the quotes of a minute, in basis points of the mid, by venue and instrument.",
            kind: "lines",
            unit: "bps",
            sql: `SELECT ${point("minute")} AS time, ${instrument} AS series, avg(spread_bps) AS value ${quoted} AND isNotNull(spread_bps) GROUP BY time, series ORDER BY time, series`,
        },
        {
            id: "depth",
            title: "Depth within 1%",
            description: "Mean of the thinner side of the book within 1% of the mid, in lots, by venue and instrument.",
            kind: "lines",
            unit: "lots",
            sql: `SELECT ${point("minute")} AS time, ${instrument} AS series, avg(least(toFloat64(bid_depth), toFloat64(ask_depth))) AS value ${quoted} AND snapshots > 0 GROUP BY time, series ORDER BY time, series`,
        },
    ],
};
