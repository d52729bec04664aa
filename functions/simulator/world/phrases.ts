// Sentences of posts, by mood; {token} stands for the token. Put together two by two, so that hardly two posts are the same.

export type Mood = "negative" | "neutral" | "positive";

/** First and second sentences of each mood. */
export const phrases: Readonly<Record<Mood, readonly [first: readonly string[], second: readonly string[]]>> = {
    negative: [
        [
            "{token} is crashing and nobody can explain why",
            "Lost half my savings on {token} this week",
            "{token} looks like a scam to me",
            "Withdrawals of {token} are failing again",
            "Terrible news for {token} holders",
            "The {token} team sold their bags",
            "{token} bridge exploited, funds stolen",
            "Panic selling in {token} everywhere",
        ],
        [
            "stay away from this disaster.",
            "I am selling all of it at a loss.",
            "this is a total failure.",
            "looks like fraud, awful.",
            "the worst project I ever held.",
            "fear all over the chat.",
            "I am angry and disappointed.",
            "expect it to collapse further.",
        ],
    ],
    neutral: [
        [
            "{token} trades sideways today",
            "Weekly report on {token} is out",
            "Where can I see the {token} order book",
            "{token} call takes place on Thursday",
            "New {token} documentation page",
            "Does anybody run a {token} node",
            "{token} volume is about what it was last week",
            "Comparing fees for {token} between venues",
        ],
        [
            "details in the link.",
            "what do you think about it?",
            "more on this tomorrow.",
            "no change since Monday.",
            "numbers are in the table.",
            "I have a question on this.",
            "see the schedule.",
            "as announced before.",
        ],
    ],
    positive: [
        [
            "{token} is doing great",
            "Love what the {token} team delivered",
            "{token} partnership is excellent news",
            "Strong growth for {token} this month",
            "{token} upgrade went perfectly",
            "Happy {token} holder here",
            "{token} breaks out",
            "Impressive numbers from {token}",
        ],
        [
            "best decision I made.",
            "bullish and excited.",
            "this will be a success.",
            "amazing work by everyone.",
            "I am buying more.",
            "the future looks bright.",
            "good gains for all of us.",
            "congratulations to the team.",
        ],
    ],
};
