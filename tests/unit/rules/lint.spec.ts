// Proves: a rule that does what rules may not do is refused when it is declared, with its file and the line of its query; one that does none of it
// is taken; all rules of the product are. Does not prove: that columns exist (tests/engine/rules/columns.spec.ts).
import assert from "node:assert/strict";
import { rules } from "../../../schema/rules";
import { problems, unknownName } from "../../../schema/rules/lint";
import { reasonOf, rule, type RuleArgs } from "../../../schema/rules/spec";

const bounded = "event_time > {since} - toIntervalMinute({minutes}) AND event_time <= {as_of}";
const query = `SELECT user_id AS entity_id, map('amount', '1') AS details
FROM trading.user_withdrawals
WHERE ifNull(run_id, '') = {run} AND ${bounded}`;
const evidence = `SELECT event_id FROM trading.user_withdrawals
WHERE run_id = {run} AND user_id = {entity_id} AND event_time >= {event_time} - 60 AND event_time <= {event_time}`;

const good: RuleArgs = {
    version: 1,
    title: "A rule",
    severity: "low",
    entity: "user",
    owner: "fraud",
    mode: "active",
    description: "For tests",
    parameters: { minutes: { type: "UInt32", unit: "minutes", default: "60", description: "Window", source: "test" } },
    reads: { facts: ["user_withdrawals"], rollups: [], references: [] },
    ...{ lookBackMinutes: 60, latenessMinutes: 10, stepSeconds: 1, historyDays: 0, suppressionMinutes: 60 },
    query,
    evidence,
    reason: "{amount} USD",
};

/** What lint says of the rule with some of it changed. */
const said = (changes: Partial<RuleArgs>): string[] => problems("bad_rule", { ...good, ...changes });
const file = "schema/rules/badRule.ts";

function refused(changes: Partial<RuleArgs>, ...expected: RegExp[]): void {
    const found = said(changes);
    for (const pattern of expected)
        assert.ok(
            found.some((line) => pattern.test(line)),
            `${String(pattern)} not in:\n${found.join("\n")}`,
        );
    for (const line of found) assert.ok(line.startsWith(file), line);
    assert.throws(() => rule("bad_rule", { ...good, ...changes }), { name: "RangeError" });
}

describe("lint of rules", () => {
    it("takes a sound rule, and all of the product", () => {
        assert.deepEqual(said({}), []);
        for (const one of rules) assert.deepEqual(problems(one.id, one), [], one.id);
    });

    it("refuses clocks and chance, with the line", () => {
        for (const call of [
            "now()",
            "now64(6)",
            "today()",
            "yesterday()",
            "rand()",
            "randUniform(0, 1)",
            "generateUUIDv4()",
            "any(amount)",
        ])
            refused(
                { query: `${query}\n    AND amount > ${call}` },
                /line 4 of the query: \w+\(\) is not a function of the data/,
            );
    });

    it("is not taken in by comments and strings", () => {
        assert.deepEqual(said({ query: `${query} -- not now()\n AND asset != 'today()' /* rand() */` }), []);
    });

    it("refuses a table that is not bounded from both sides", () => {
        const from = query.replace(bounded, "event_time <= {as_of} AND {since} != '' AND {minutes} > 0");
        refused({ query: from }, /line 2 of the query: trading\.user_withdrawals has no bound: .*\{since\}/);
        const to = query.replace(bounded, "event_time > {since} AND {as_of} != '' AND {minutes} > 0");
        refused({ query: to }, /line 2 of the query: trading\.user_withdrawals has no bound: .*\{as_of\}/);
        const either = query.replace(
            bounded,
            "(event_time > {since} OR amount > 1) AND event_time <= {as_of} AND {minutes} > 0",
        );
        refused({ query: either }, /has no bound: .*\{since\}/);
        const open = query.replace("WHERE", "WHERE amount > 1 OR");
        refused({ query: open }, /has no bound: .*\{since\}/);
    });

    it("does not take the bound of another SELECT for the table's own", () => {
        const inner = `SELECT user_id AS entity_id, 'amount' AS x FROM trading.user_withdrawals
WHERE ifNull(run_id, '') = {run} AND user_id IN (SELECT user_id FROM trading.user_withdrawals WHERE ${bounded})`;
        refused({ query: inner }, /line 1 of the query: trading\.user_withdrawals has no bound/);
        const union = `${query} UNION ALL\nSELECT user_id, map() FROM trading.user_withdrawals WHERE amount > 1`;
        refused({ query: union }, /line 4 of the query: trading\.user_withdrawals has no bound/);
    });

    it("refuses labels, tables that are not declared, other databases and joined tables", () => {
        const other = (table: string): string => query.replace("trading.user_withdrawals", table);
        refused(
            { query: other("trading.scenario_labels") },
            /line 2 of the query: reads scenario_labels; only reports may/,
        );
        refused({ query: other("trading.user_deposits") }, /reads trading\.user_deposits, which is not in reads/);
        refused({ query: other("facts.user_withdrawals") }, /rules read trading\.<name> only/);
        refused(
            { query: query.replace("WHERE", "LEFT JOIN trading.user_withdrawals USING (user_id)\nWHERE") },
            /line 3 of the query: joins trading\.user_withdrawals itself/,
        );
    });

    it("refuses reads that are not there", () => {
        const reads = { facts: ["user_withdrawals", "nothing"], rollups: ["user_days"], references: ["user_orders"] };
        refused(
            { reads },
            /no fact nothing/,
            /no reference user_orders/,
            /names user_days, but neither query nor evidence reads it/,
        );
        const triggered = (...triggers: string[]): Partial<RuleArgs> => ({
            reads: { facts: ["user_withdrawals"], triggers, rollups: [], references: [] },
        });
        refused(triggered("user_actions"), /reads\.triggers: user_actions is not in reads\.facts/);
        refused(triggered(), /reads\.triggers: names no fact/);
    });

    it("refuses parameters that are not declared or not used", () => {
        refused({ query: `${query}\nAND amount > {least}` }, /line 4 of the query: \{least\} is not declared/);
        refused({ query: query.replace("{minutes}", "60") }, /\{minutes\} is not used/);
        refused({ query: query.replace("ifNull(run_id, '') = {run} AND ", "") }, /\{run\} is not used/);
        refused(
            { evidence: evidence.replace("user_id = {entity_id} AND ", "") },
            /of the evidence: \{entity_id\} is not used/,
        );
    });

    it("reads the query for suspects as the rule's own, which need not use every parameter", () => {
        const suspects = `SELECT user_id FROM trading.user_withdrawals\nWHERE run_id = {run} AND ${bounded.replace("{minutes}", "1")}`;
        assert.deepEqual(said({ suspects }), []);
        refused(
            { suspects: suspects.replace("<= {as_of}", "<= now()").replace("{run}", "{nobody}") },
            /line 1 of the suspects: trading\.user_withdrawals has no bound/,
            /line 2 of the suspects: now\(\) is not a function of the data/,
            /line 2 of the suspects: \{nobody\} is not declared/,
            /of the suspects: \{run\} is not used/,
        );
    });

    it("asks all stored rows for suspects, and references in any version", () => {
        const reads = { ...good.reads, references: ["account_links"] };
        const links = "SELECT account_id FROM trading.account_links";
        const suspects = `SELECT user_id FROM trading.user_withdrawals WHERE run_id = {run} AND ${bounded} AND account_id IN (${links})`;
        const read = `${query} AND account_id IN (${links} WHERE valid_from <= event_time AND valid_to > event_time)`;
        const { suspectsCall = "" } = rule("bad_rule", { ...good, reads, query: read, suspects });
        assert.deepEqual(suspectsCall.match(/\w+\.\w+/g), ["facts.user_withdrawals", "facts.account_links"]);
    });

    it("refuses references that are not read as of the event", () => {
        const reads = { ...good.reads, references: ["users"] };
        const joined = (on: string, join = "LEFT"): string => `SELECT w.*, 'amount' FROM (${query}) AS w
${join} JOIN (SELECT user_id, kyc_tier, valid_from, valid_to FROM trading.users WHERE run_id = {run}) AS u ON u.user_id = w.user_id${on}`;
        refused({ reads, query: joined("") }, /line 4 of the query: trading\.users is not read as of the event/);
        refused(
            { reads, query: joined(" AND u.valid_from <= {as_of} AND u.valid_to > {as_of}") },
            /trading\.users is not read as of/,
        );
        assert.deepEqual(
            said({ reads, query: joined(" AND u.valid_from <= w.event_time AND u.valid_to > w.event_time") }),
            [],
        );
        assert.deepEqual(said({ reads, query: joined(" AND u.valid_from <= w.event_time", "ASOF LEFT") }), []);
    });

    it("refuses a reason without its value, and exemptions without an end, an approver or a reason", () => {
        refused({ reason: "{amount} in {asset}" }, /reason: \{asset\} is not a key of details/);
        const override = {
            accountClass: "maker",
            terms: { none: "1" },
            expires: "some day",
            approver: "",
            reason: "",
        } as const;
        refused(
            { overrides: [override] },
            /expires some day is not a day/,
            /an approver and a reason are needed/,
            /no parameter none/,
        );
    });
});

describe("a rule", () => {
    it("has the same hash whatever its layout, and another one for another question", () => {
        const hash = (text: string): string => rule("bad_rule", { ...good, query: text }).hash;
        assert.equal(hash(query), hash(`${query.replaceAll("\n", "\n    ")} -- a comment\n`));
        assert.notEqual(hash(query), hash(query.replace("'1'", "'2'")));
    });

    it("is asked in the words of its view, with typed parameters, of the facts themselves, each row once", () => {
        const { call, view } = rule("bad_rule", good);
        assert.equal(call.replaceAll("facts.user_withdrawals FINAL", "trading.user_withdrawals"), view.query);
        assert.ok(call.includes("FROM facts.user_withdrawals FINAL\n"), call);
        assert.ok(view.query.includes("toIntervalMinute({minutes:UInt32})"));
        assert.ok(!/\{[a-z_]+\}/.test(view.query), "a parameter without a type");
    });

    it("says its reason with the values of an alert", () =>
        assert.equal(reasonOf({ reason: "{amount} USD, {unknown}" }, { amount: "12.5" }), "12.5 USD, {unknown}"));

    it("places a name the server does not know", () => {
        const message = "Unknown expression identifier `colour` in scope SELECT colour FROM x.";
        assert.equal(
            unknownName("bad_rule", "SELECT\n1,\ncolour", message),
            `${file}: line 3 of the query: there is no colour`,
        );
        assert.match(
            unknownName("bad_rule", "SELECT 1", "Timeout exceeded\nstack"),
            /the server refuses the query: Timeout exceeded$/,
        );
    });
});
