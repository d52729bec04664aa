// Words of finance and crypto that the lexicon lacks or means otherwise, on AFINN's scale from -5 to 5.

/** Words of their own. Inflections are listed where they occur in headlines. */
const words: Readonly<Record<number, string>> = {
    4: "skyrocket skyrockets skyrocketed skyrocketing",
    3: "soar soars soared soaring surge surges surged surging bullish breakout outperform outperforms outperformed all-time-high record-high record-inflows moon mooning 🚀 📈",
    2: "pump pumps pumped pumping breaks-out multi-year-high rally rallies rallied rallying jump jumps jumped jumping rebound rebounds rebounded recover recovers recovered recovery gain gains gained climb climbs climbed climbing rise rises rose rising rocket rockets spike-up inflow inflows accumulate accumulates accumulating accumulation adoption adopts adopt partnership partners approve approves approved approval upgrade upgraded upgrades uptrend bull bulls wagmi hodl gem undervalued listing lists listed mainnet-launch oversubscribed profitable beats tops gain-pct buy-the-dip green 🐂 🟢 💎 🔥",
    1: "resume resumes resumed lifted gainers signs doubles doubled triples tripled highest launch launches launched integrate integrates integration expand expands expanded milestone unveils unveil backed funding raises invest invests invested burn burns burned buyback buybacks bounce bounces bounced higher up resilient steady-growth reserve-grows",
    [-1]: "down lower dip dips dipped delay delays delayed volatile volatility uncertainty uncertain concern concerns worry worries cautious caution selloff-fears outflow outflows unlock-pressure slows slowdown weak weaker weakness slip slips slipped postponed sideways-drag",
    [-2]: "stall stalls stalled seized losers layoffs lays-off multi-year-low lowest peg-lost fall falls fell falling drop drops dropped dropping slide slides slid sliding decline declines declined declining sink sinks sank sinking tumble tumbles tumbled tumbling sell-off selloff selling bear bears bearish downtrend correction overvalued outage outages halted halts halt suspend suspends suspended suspension pauses paused probe subpoena investigation sues sued lawsuit lawsuits charges charged fine fined delist delists delisted delisting liquidation liquidations liquidated loss losses depeg depegs depegged loss-pct fud rekt underperform underperforms congestion bleed bleeds bleeding red ban bans banned crackdown downgrade downgraded 🐻 🔻 🩸",
    [-3]: "plunge plunges plunged plunging plummet plummets plummeted plummeting slump slumps slumped crash crashes crashed crashing collapse collapses collapsed collapsing hack hacks hacked hacker hackers exploit exploits exploited vulnerability vulnerabilities drained drains stolen steals theft phishing insolvent insolvency bankrupt bankruptcy capitulation dump dumps dumped dumping nosedive nosedives manipulation wipeout panic laundering unbacked ngmi withdrawals-halted 📉 💀",
    [-4]: "scam scams scammed scammer scammers fraud fraudulent ponzi rugpull rug-pull rugged rug rugs double-spend bank-run death-spiral exit-scam honeypot freefall",
};

/** Words the lexicon rates and a market report means nothing by. */
const neutral =
    "share shares interest trust trusts rewards frenzy fear-index halving like likes united top alert matter matters cash chance join wish want no yes legal cool energy care stop cancel crypto mining miner miners yield gas security securities secure tokenized vision benefit limited block blocks blocked solution solutions please pay fire natural grand big growing debt doubt ease free demand demands asset assets growth strike question hard lack silly straight apeshit novel intelligent smart kill fight better natural intrigue haven";

/** Several words with a meaning of their own become one. */
const phraseList: readonly (readonly [pattern: string, word: string])[] = [
    ["all[- ]time high|ath|new high|record high|multi-year high|fresh high", "all-time-high"],
    ["record inflows?", "record-inflows"],
    ["(?:breaks?|broke|breaking) out", "breaks-out"],
    [
        "(?:multi-year|all-time|fresh|new|record|\\w+-(?:week|month|year)) low|lowest in \\w+ (?:weeks|months|years)",
        "multi-year-low",
    ],
    ["(?:\\w+-(?:week|month|year)) high", "multi-year-high"],
    ["lays? off|laid off", "lays-off"],
    ["(?:loses?|lost|slips? below|breaks?|broke) (?:its |the )?peg", "peg-lost"],
    ["fear and greed(?: index)?", "fear-index"],
    [
        "(?:gas |network |transaction )?(?:fees?|costs?) (?:fall|falls|fell|drop|drops|dropped|decline|declines)(?: sharply)?",
        "recovery",
    ],
    [
        "(?:ban|suspension|halt|sanctions?) (?:is |was |has been |are |were )?lifted|lifts? (?:the |its )?(?:ban|suspension|halt|sanctions?)",
        "recovery",
    ],
    ["shorts? (?:were |was |got |are )?(?:squeezed|liquidated)|(?:squeezes?|liquidates?) shorts?", "spike-up"],
    ["(?:bulls?|longs?) (?:were |was |got |are )?(?:squeezed|liquidated|rekt)", "liquidation"],
    ["rug[- ]?pull(?:s|ed)?", "rug-pull"],
    ["exit scam", "exit-scam"],
    ["double[- ]spend(?:s|ing)?", "double-spend"],
    ["bank run", "bank-run"],
    ["death spiral", "death-spiral"],
    ["free[- ]?fall(?:s|ing)?", "freefall"],
    ["buy(?:s|ing)? the dip|bought the dip", "buy-the-dip"],
    [
        "(?:halts?|halted|suspends?|suspended|freezes?|froze|pauses?|paused) (?:all )?withdrawals|withdrawals (?:are |were )?(?:halted|suspended|frozen|paused)",
        "withdrawals-halted",
    ],
    ["to the moon", "moon"],
    ["mainnet launch|launch(?:es|ed)? (?:its )?mainnet", "mainnet-launch"],
    ["short squeeze", "spike-up"],
    [
        "(?:up|gains?|adds?|higher by|rises?|rose) (?:by |about |over |more than |nearly )?\\d+(?:[.,]\\d+)?\\s?(?:%|percent)|\\+\\d+(?:[.,]\\d+)?\\s?%",
        "gain-pct",
    ],
    [
        "(?:down|lost|loses?|sheds?|lower by|falls?|fell) (?:by |about |over |more than |nearly )?\\d+(?:[.,]\\d+)?\\s?(?:%|percent)|(?<=\\s|^)[-−–]\\d+(?:[.,]\\d+)?\\s?%",
        "loss-pct",
    ],
    ["sell[- ]off", "selloff"],
    ["hard fork", "upgrade-event"],
    ["bull (?:trap)", "bearish"],
    ["bear trap", "bullish"],
    ["losses? (?:narrow(?:s|ed)?|shrink|shrank)", "recovery"],
    ["(?:hack|exploit|attack) (?:was )?(?:averted|prevented|foiled|thwarted)", "recovery"],
    ["patch(?:es|ed)? (?:a |the )?(?:critical )?(?:vulnerability|bug|exploit)", "upgrade"],
    ["funds are safe|funds (?:were )?recovered|recovered (?:all )?(?:the )?funds", "recovery"],
    [
        "(?:drops?|dropped|dismiss(?:es|ed)?|wins?|won) (?:its |the |a )?(?:lawsuit|case|charges|probe|appeal)",
        "recovery",
    ],
    ["white[- ]?hat", "whitehat"],
    ["risk[- ]free", "risk-free"],
];

/** Phrases and what they become, as searches. */
export const phrases = phraseList.map(
    ([pattern, word]) => [new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, "giu"), word] as const,
);

const entries = (list: string, value: number): [string, number][] => list.split(" ").map((word) => [word, value]);

/** Every word with its valence. */
export const marketTerms: Readonly<Record<string, number>> = Object.fromEntries([
    ...entries(neutral, 0),
    ...Object.entries(words).flatMap(([value, list]) => entries(list, Number(value))),
]);

/** Turn the words behind them round: nothing was hacked that was `not hacked`. */
export const negators = new Set(
    "not no never none nor neither without cannot can't cant don't dont doesn't doesnt didn't didnt isn't isnt wasn't wasnt aren't arent weren't won't wont wouldn't shouldn't couldn't hasn't haven't hadn't denies denied deny dismisses avoids avoided avoid averts averted prevents prevented fails failed unlikely hardly barely".split(
        " ",
    ),
);

/** What follows one of these is where the news comes from, not the news: `rebounds after the sell-off`. */
export const background = new Set(["after", "despite", "following", "amid", "since"]);

/** Make what they stand before stronger or weaker. */
export const boosters: Readonly<Record<string, number>> = Object.fromEntries([
    ...entries(
        "very extremely hugely massively massive sharply sharp dramatically huge heavily strongly badly highly so super insanely",
        1.4,
    ),
    ...entries(
        "slightly somewhat mildly modestly modest little slight marginally partly potential potentially possible possibly may might could",
        0.6,
    ),
]);
