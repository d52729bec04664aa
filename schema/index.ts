// The catalogue: every fact and reference of the product, in the order of the flow.
import { type Declaration } from "./dsl";
import { bookTickers } from "./facts/bookTickers";
import { controlTotals } from "./facts/controlTotals";
import { marketTickers } from "./facts/marketTickers";
import { marketTrades } from "./facts/marketTrades";
import { onChainTransfers } from "./facts/onChainTransfers";
import { orderBookTicks } from "./facts/orderBookTicks";
import { scenarioLabels } from "./facts/scenarioLabels";
import { sentimentScores } from "./facts/sentimentScores";
import { socialPosts } from "./facts/socialPosts";
import { sourceNotices } from "./facts/sourceNotices";
import { userActions } from "./facts/userActions";
import { userDeposits } from "./facts/userDeposits";
import { userOrders } from "./facts/userOrders";
import { userTrades } from "./facts/userTrades";
import { userWithdrawals } from "./facts/userWithdrawals";
import { accountClasses } from "./references/accountClasses";
import { accountLinks } from "./references/accountLinks";
import { addresses } from "./references/addresses";
import { fees } from "./references/fees";
import { instruments } from "./references/instruments";
import { limits } from "./references/limits";
import { users } from "./references/users";

export { bookTickers, controlTotals, marketTickers, marketTrades, orderBookTicks, sourceNotices };
export * from "./dsl";

/** Facts: what happens, by event time. */
export const facts: readonly Declaration[] = [
    marketTickers,
    marketTrades,
    bookTickers,
    orderBookTicks,
    userOrders,
    userTrades,
    userDeposits,
    userWithdrawals,
    userActions,
    socialPosts,
    sentimentScores,
    onChainTransfers,
    scenarioLabels,
    sourceNotices,
    controlTotals,
];

/** References: what things are, from a time on. */
export const references: readonly Declaration[] = [
    users,
    accountLinks,
    instruments,
    fees,
    limits,
    addresses,
    accountClasses,
];

/** All of it. */
export const catalogue: readonly Declaration[] = [...facts, ...references];
