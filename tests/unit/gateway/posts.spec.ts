// Proves: a pushed post becomes a sound row of social_posts for each token it speaks of, in plain text, the same for every resend; a post that
// speaks of none is rejected. Does not prove: how well tokens are found; tests/unit/sentiment does.
import assert from "node:assert/strict";
import { socialPosts } from "../../../schema/facts/socialPosts";
import { Judge } from "../../../functions/gateway/judge";
import { PostJudge } from "../../../functions/gateway/posts";
import { Linker } from "../../../functions/sentiment/linking/linker";
import { knownTokens } from "../../../functions/sentiment/linking/tokens";

const judge = new PostJudge(
    new Judge(socialPosts, "listener", {
        enrich: (_declaration, event) => event,
        futureHours: Infinity,
        now: Date.now,
    }),
    new Linker(knownTokens([])),
    "listener",
);
const post = {
    ...{ source: "reddit-cryptocurrency", source_class: "social", post_id: "t3_1", event_time: "2026-11-22T14:40:00Z" },
    ...{ title: "Bitcoin <b>and</b> $ETH", body: "Both\u200b rise.<script>steal()</script>", author: "somebody" },
};
const judged = (own: object = {}) => judge.line({ number: 1, text: JSON.stringify({ ...post, ...own }) });

function rows(own: object = {}): Record<string, unknown>[] {
    const verdict = judged(own);
    assert.ok("messages" in verdict, JSON.stringify(verdict));
    return verdict.messages.map(({ value }) => JSON.parse(value) as Record<string, unknown>);
}

describe("gateway: pushed posts", () => {
    it("makes a row for each token, in plain text, under the producer's name", () => {
        const found = rows({ author_followers: "12" });
        assert.deepEqual(found.map(({ token }) => token).toSorted(), ["BTC", "ETH"]);
        for (const row of found) {
            assert.deepEqual(socialPosts.problems(row), []);
            assert.deepEqual(
                [row["title"], row["body"], row["source_id"], row["author_followers"]],
                ["Bitcoin and $ETH", "Both rise.", "listener", "12"],
            );
        }
    });

    it("gives a resend the same identities, and every post its own", () => {
        const ids = (own: object = {}): unknown[] => rows(own).map(({ event_id }) => event_id);
        assert.deepEqual(ids({ body: "edited since" }), ids());
        assert.equal(new Set([...ids(), ...ids({ post_id: "t3_2" }), ...ids({ source: "x" })]).size, 6);
    });

    const faults: [what: string, own: object, fault: string, reason: RegExp][] = [
        [
            "that speaks of no token",
            { title: "Nice weather", body: "One may link to it." },
            "token",
            /^speaks of no token/,
        ],
        ["without text", { body: "<p> </p>" }, "fields", /^body: holds no text/],
        ["of a day that is none", { event_time: "2026-13-40T00:00:00Z" }, "fields", /^event_time: /],
        ["with a link that is code", { url: "javascript:alert(1)" }, "fields", /^url: /],
        ["with a field that is not known", { token: "BTC" }, "fields", /token/],
        ["of an unknown class", { source_class: "rumour" }, "fields", /^source_class: /],
    ];
    for (const [what, own, fault, reason] of faults)
        it(`rejects a post ${what}`, () => {
            const verdict = judged(own);
            assert.ok("fault" in verdict);
            assert.equal(verdict.fault, fault);
            assert.match(verdict.reasons[0] ?? "", reason);
        });
});
