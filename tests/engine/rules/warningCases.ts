// Golden cases of the system warnings: what is stored, what Kafka says, and which things are wrong then.

const second = 1_000;
/** Of milliseconds, as all times here. */
export const minute = 60 * second;
export const hour = 60 * minute;
/** Half past of this hour: what is stored has not expired. */
export const at = Math.floor(Date.now() / hour) * hour + 30 * minute;
const text = (time: number): string => new Date(time).toISOString().replace("Z", "");

type Rows = Readonly<Record<string, readonly Record<string, unknown>[]>>;

/** One golden case. */
export interface Case {
    readonly warning: string;
    readonly name: string;
    readonly kind: "positive" | "negative" | "boundary" | "duplicate" | "decoy";
    /** Feeds, and how long ago they were complete, ms. */
    readonly behind?: Readonly<Record<string, number>>;
    /** Rows of tables. */
    readonly rows?: Rows;
    /** Events of facts, received when they happened. */
    readonly events?: Rows;
    /** A statement that brings it about. */
    readonly made?: string;
    /** Parameters other than declared: nobody fills a disk for a test. */
    readonly values?: Readonly<Record<string, string>>;
    readonly expected: readonly string[];
}

const live = { origin: "live", run_id: null, original_time: null, source_id: "desk" } as const;
const withdrawal = (time: number, own: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{
        ...live,
        event_time: `${text(time)}Z`,
        source_seq: null,
        withdrawal_id: String(time),
        asset: "USDT",
        amount: "5",
    },
    ...{ fee: null, balance_after: null, ...own },
});
const numbered = (...numbers: readonly number[]): Record<string, unknown>[] =>
    numbers.map((seq) => withdrawal(at - hour + seq * second, { source_seq: String(seq) }));
const letters = (count: number, own: Record<string, unknown> = {}): Record<string, unknown>[] =>
    Array.from({ length: count }, (_, offset) => ({
        ...{
            fact: "user_orders",
            topic: "orders",
            partition: 0,
            offset,
            line: 0,
            class: "refused",
            reason: "no price",
            raw: "",
            key: "",
        },
        ...{ received_at: text(at - minute), ingested_at: text(at - minute), version: "1", ...own },
    }));
const gap = (own: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{
        fact: "user_orders",
        topic: "orders",
        partition: 0,
        first_offset: "7",
        last_offset: "9",
        kind: "lost",
        repaired: false,
    },
    ...{ found_at: text(at - hour), ...own },
});
const silence = (rule: string, own: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{
        rule,
        run: "",
        fact: "user_withdrawals",
        blind_from: text(at - 20 * minute),
        blind_to: null,
        reason: "",
        version: "1",
    },
    ...{ noted_at: text(at), ...own },
});
const total = (events: number, own: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{
        ...live,
        event_time: `${text(at - 25 * minute)}Z`,
        fact: "user_withdrawals",
        symbol: null,
        hour: `${text(at - 90 * minute)}Z`,
    },
    ...{
        revision: "1",
        events: String(events),
        quantity: null,
        first_seq: null,
        last_seq: null,
        source_seq: null,
        ...own,
    },
});
/** A minute of negative posts on a token, so long ago: of each number a text, by an author of its own. */
const buzz = (ago: number, numbers: readonly number[], own: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{ run: "", minute: (at - ago) / second, token: "TKN", source_class: "social", refreshed_at: text(at) },
    ...{ posts: numbers.length, scored_posts: numbers.length, negative_posts: numbers.length },
    ...{ texts: numbers, negative_texts: numbers, authors: numbers, negative_authors: numbers },
    ...{ sources: ["plaza"], negative_sources: ["plaza"], ...own },
});
const ten = Array.from({ length: 10 }, (_, n) => n);
const four = { authors: [1, 2, 3, 4], negative_authors: [1, 2, 3, 4] };
const both = { sources: ["plaza", "chirp"], negative_sources: ["plaza", "chirp"] };
const two = [withdrawal(at - 80 * minute), withdrawal(at - 70 * minute)];
const parts = (count: number): string =>
    `INSERT INTO facts.many SELECT number FROM numbers(${String(count)}) SETTINGS max_block_size = 1, min_insert_block_size_rows = 1, min_insert_block_size_bytes = 1, max_insert_threads = 1`;

/** All of them. */
export const cases: readonly Case[] = [
    {
        warning: "feed_lag",
        name: "over five minutes",
        kind: "positive",
        behind: { user_orders: 301 * second, user_trades: 0 },
        expected: ["user_orders"],
    },
    {
        warning: "feed_lag",
        name: "five minutes",
        kind: "boundary",
        behind: { user_orders: 300 * second },
        expected: [],
    },
    {
        warning: "lag_against_retention",
        name: "more than half a week",
        kind: "positive",
        behind: { user_orders: 84 * hour + second, user_trades: hour },
        expected: ["user_orders"],
    },
    {
        warning: "lag_against_retention",
        name: "half a week",
        kind: "boundary",
        behind: { user_orders: 84 * hour },
        expected: [],
    },
    {
        warning: "stale_source",
        name: "two rules are blind: one silence",
        kind: "positive",
        rows: { "detection.blind_spans": [silence("a"), silence("b")] },
        events: { user_withdrawals: [withdrawal(at - 20 * minute)] },
        expected: ["user_withdrawals"],
    },
    {
        warning: "stale_source",
        name: "one source of several has stopped",
        kind: "positive",
        rows: { "detection.blind_spans": [silence("a", { fact: "user_withdrawals of core" })] },
        events: { user_withdrawals: [withdrawal(at - minute)] },
        expected: ["user_withdrawals of core"],
    },
    {
        warning: "stale_source",
        name: "what has never come is not switched on",
        kind: "decoy",
        rows: { "detection.blind_spans": [silence("a")] },
        expected: [],
    },
    {
        warning: "stale_source",
        name: "it is over",
        kind: "negative",
        events: { user_withdrawals: [withdrawal(at - 20 * minute)] },
        rows: { "detection.blind_spans": [silence("a", { blind_to: text(at - minute) })] },
        expected: [],
    },
    {
        warning: "stale_source",
        name: "a replay has come to its end",
        kind: "decoy",
        events: { user_withdrawals: [withdrawal(at - 20 * minute)] },
        rows: { "detection.blind_spans": [silence("a", { run: "r" })] },
        expected: [],
    },
    {
        warning: "dead_letters",
        name: "101 within an hour",
        kind: "positive",
        rows: { "facts.dead_letters": letters(101) },
        expected: ["user_orders"],
    },
    {
        warning: "dead_letters",
        name: "100 within an hour",
        kind: "boundary",
        rows: { "facts.dead_letters": letters(100) },
        expected: [],
    },
    {
        warning: "dead_letters",
        name: "60, twice",
        kind: "duplicate",
        rows: { "facts.dead_letters": [...letters(60), ...letters(60)] },
        expected: [],
    },
    {
        warning: "dead_letters",
        name: "101, an hour ago",
        kind: "decoy",
        rows: { "facts.dead_letters": letters(101, { received_at: text(at - hour) }) },
        expected: [],
    },
    {
        warning: "offset_gap",
        name: "lost",
        kind: "positive",
        rows: { "facts.gaps": [gap()] },
        expected: ["user_orders"],
    },
    {
        warning: "offset_gap",
        name: "found twice",
        kind: "duplicate",
        rows: { "facts.gaps": [gap(), gap({ found_at: text(at - minute) })] },
        expected: ["user_orders"],
    },
    {
        warning: "offset_gap",
        name: "read again",
        kind: "negative",
        rows: { "facts.gaps": [gap({ repaired: true })] },
        expected: [],
    },
    {
        warning: "offset_gap",
        name: "messages without content",
        kind: "decoy",
        rows: { "facts.gaps": [gap({ kind: "empty" })] },
        expected: [],
    },
    {
        warning: "sequence_gap",
        name: "1, 2, 4",
        kind: "positive",
        events: { user_withdrawals: numbered(1, 2, 4) },
        expected: ["desk"],
    },
    {
        warning: "sequence_gap",
        name: "1, 2, 3",
        kind: "negative",
        events: { user_withdrawals: numbered(1, 2, 3) },
        expected: [],
    },
    {
        warning: "sequence_gap",
        name: "2 comes twice",
        kind: "duplicate",
        events: { user_withdrawals: [...numbered(1, 2, 3), ...numbered(2)] },
        expected: [],
    },
    {
        warning: "sequence_gap",
        name: "what is not there may still be on its way",
        kind: "decoy",
        events: { user_withdrawals: [...numbered(1, 2), withdrawal(at - 9 * minute, { source_seq: "4" })] },
        expected: [],
    },
    {
        warning: "reconciliation_difference",
        name: "three were sent, two are there",
        kind: "positive",
        events: { user_withdrawals: two, control_totals: [total(3)] },
        expected: ["desk"],
    },
    {
        warning: "reconciliation_difference",
        name: "two and two",
        kind: "negative",
        events: { user_withdrawals: two, control_totals: [total(2)] },
        expected: [],
    },
    {
        warning: "reconciliation_difference",
        name: "two, one of them twice",
        kind: "duplicate",
        events: { user_withdrawals: [...two, ...two.slice(1)], control_totals: [total(2)] },
        expected: [],
    },
    {
        warning: "reconciliation_difference",
        name: "a total that was corrected",
        kind: "decoy",
        events: { user_withdrawals: two, control_totals: [total(3), total(2, { revision: "2" })] },
        expected: [],
    },
    { warning: "parts_and_merges", name: "301 parts", kind: "positive", made: parts(301), expected: ["facts.many"] },
    { warning: "parts_and_merges", name: "300 parts", kind: "boundary", made: parts(300), expected: [] },
    {
        warning: "disk_days_left",
        name: "yesterday brought more than is free",
        kind: "positive",
        events: { user_withdrawals: [withdrawal(at - 24 * hour)] },
        values: { least_days: "1e15", least_free: "0" },
        expected: ["default"],
    },
    {
        warning: "disk_days_left",
        name: "all of today's",
        kind: "decoy",
        events: { user_withdrawals: [withdrawal(at)] },
        values: { least_days: "1e15", least_free: "0" },
        expected: [],
    },
    {
        warning: "disk_days_left",
        name: "less is free than there should be",
        kind: "positive",
        values: { least_days: "0", least_free: "1.01" },
        expected: ["default"],
    },
    {
        warning: "clock_skew",
        name: "61 seconds ahead",
        kind: "positive",
        events: { user_withdrawals: [withdrawal(at + 61 * second)] },
        expected: ["desk"],
    },
    {
        warning: "clock_skew",
        name: "60 seconds ahead",
        kind: "boundary",
        events: { user_withdrawals: [withdrawal(at + minute)] },
        expected: [],
    },
    {
        warning: "clock_skew",
        name: "a simulation of tomorrow",
        kind: "decoy",
        events: { user_withdrawals: [withdrawal(at + 24 * hour, { origin: "synthetic", run_id: "r" })] },
        expected: [],
    },
    {
        warning: "insufficient_coverage",
        name: "ten posts by ten authors on one source, and on another token by four authors on two",
        kind: "positive",
        rows: {
            "rollups.post_minutes": [
                ...[buzz(20 * minute, ten.slice(4)), buzz(5 * minute, ten.slice(0, 4))],
                buzz(5 * minute, ten, { ...four, ...both, token: "ABC" }),
            ],
        },
        expected: ["ABC", "TKN"],
    },
    {
        warning: "insufficient_coverage",
        name: "enough of both: the rule speaks",
        kind: "boundary",
        rows: {
            "rollups.post_minutes": [
                buzz(20 * minute, ten.slice(5)),
                buzz(5 * minute, ten.slice(0, 5), { negative_sources: ["chirp"], source_class: "forum" }),
            ],
        },
        expected: [],
    },
    {
        warning: "insufficient_coverage",
        name: "nine posts, and one that was half an hour ago",
        kind: "boundary",
        rows: { "rollups.post_minutes": [buzz(29 * minute, ten.slice(1)), buzz(30 * minute, ten.slice(0, 1))] },
        expected: [],
    },
    {
        warning: "insufficient_coverage",
        name: "a minute that was computed twice",
        kind: "duplicate",
        rows: { "rollups.post_minutes": [buzz(5 * minute, ten), buzz(5 * minute, ten)] },
        expected: ["TKN"],
    },
    {
        warning: "insufficient_coverage",
        name: "a feed that has always been like that; a simulation; the same text again and again",
        kind: "decoy",
        rows: {
            "rollups.post_minutes": [
                buzz(5 * minute, ten),
                ...Array.from({ length: 23 }, (_, n) => buzz((n + 1) * hour, ten)),
                buzz(5 * minute, ten, { token: "SIM", run: "r" }),
                buzz(5 * minute, ten, { token: "SPAM", negative_texts: [1] }),
            ],
        },
        expected: [],
    },
];
