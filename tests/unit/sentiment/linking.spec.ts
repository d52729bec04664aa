// Proves: each sign by which a text names a token, the guard for symbols that are words, places that hold for any text, and that linking and the
// lexicon do on our own labelled texts what they did. Does not prove: quality on real posts (`npm run sentiment-report` says the same).
import assert from "node:assert/strict";
import fc from "fast-check";
import { Linker } from "../../../functions/sentiment/linking/linker";
import { builtInTokens, knownTokens, tokenOf } from "../../../functions/sentiment/linking/tokens";
import { judge, LexiconScorer } from "../../../functions/sentiment/scoring/lexicon";
import { maxTextLength } from "../../../functions/sentiment/text";
import { labelledTexts, measure, precision, recall } from "../../support/labelled";

const linker = new Linker(knownTokens([tokenOf("FOO=Foo Protocol|FooCoin")]));
const tokens = (text: string): string[] => linker.link(text).map(({ token }) => token);

describe("entity linking", () => {
    for (const [what, text, expected] of [
        ["a symbol", "BTC is up", ["BTC"]],
        ["a clear symbol in lower case", "my xrp bag", ["XRP"]],
        ["a name in any case", "bitcoin and ETHEREUM", ["BTC", "ETH"]],
        ["the longer of two names", "Bitcoin Cash is not Wrapped Bitcoin", ["BCH", "WBTC"]],
        ["a possessive", "Solana's fees", ["SOL"]],
        ["a cashtag", "$one and $GAS, for $100", ["ONE", "GAS"]],
        ["a pair", "ONE/USDT, GAS-USD, HOTUSDT", ["ONE", "GAS", "HOT"]],
        ["a symbol in brackets behind its name", "Harmony (ONE) and Chainlink ($LINK)", ["ONE", "LINK"]],
        ["tickers in a list", "BTC, ETH, ONE and GAS rose", ["BTC", "ETH", "ONE", "GAS"]],
        ["hashtags in a row", "#BTC #ETH #SAND", ["BTC", "ETH", "SAND"]],
        ["a word symbol with a noun", "SAND price", ["SAND"]],
        ["a word symbol that moves", "NEAR up 7%", ["NEAR"]],
        ["a word name with a noun", "the Avalanche network", ["AVAX"]],
        ["a symbol again that its name proved", "Cardano devs: ADA is ready", ["ADA"]],
        ["a token of the operator's own", "Foo Protocol, FOO and foocoin", ["FOO"]],
        ["letters of other alphabets' styles", "𝗕𝗧𝗖, ＥＴＨ and S\u200bOL", ["BTC", "ETH", "SOL"]],
    ] as const) {
        it(`finds ${what}`, () => assert.deepEqual(tokens(text), expected));
    }

    for (const text of [
        "ONE of us has the GAS can and the LINK",
        "WIN A KEY FUN HOT ONE GAS LINK",
        "one gas link near sand dot flow",
        "The end is NEAR",
        "An avalanche of optimism and harmony in the cosmos",
        "Optimism returns",
        "Oh $1 and $2,000",
        "read https://x.example/BTC, write to eth@btc.example or @solana",
        "ABTC ETHX xBTCx",
        "ONE, GAS, LINK",
    ]) {
        it(`finds nothing in: ${text}`, () => assert.deepEqual(tokens(text), []));
    }

    it("is surer of a cashtag than of a word with a noun", () => {
        const [sure, unsure] = linker.link("$APE and SAND price");
        assert.ok(sure && unsure && sure.confidence > unsure.confidence);
    });

    it("takes the operator's word on a symbol", () => {
        const own = new Linker(knownTokens([tokenOf("LINK=Own Link")]));
        assert.deepEqual(own.link("LINK and own link").length, 1);
        assert.deepEqual(tokens("LINK"), []);
        for (const bad of ["foo", "FOO=", "FO O", "=x"])
            assert.throws(() => tokenOf(bad), /is not SYMBOL or SYMBOL=Name/);
    });

    it("knows each symbol once", () => {
        const symbols = builtInTokens.map(({ symbol }) => symbol);
        assert.equal(new Set(symbols).size, symbols.length);
    });

    it("gives places that do not overlap and name known tokens, for any text at its full length", () => {
        const known = new Set(builtInTokens.map(({ symbol }) => symbol).concat("FOO"));
        const part = fc.constantFrom(
            "BTC",
            "$ONE",
            "ETH, GAS and ",
            "Avalanche ",
            "(",
            "#",
            "@",
            ".",
            " ",
            "\n",
            "/USDT",
            "𝗕",
            "up 7%",
        );
        const texts = fc.oneof(
            fc.array(fc.oneof(part, fc.string({ unit: "binary" })), { maxLength: 60 }).map((parts) => parts.join("")),
            // One thing over and over: what costs a careless pattern its time.
            fc
                .oneof(part, fc.constantFrom("a", "aa@", "1.1", "A, "))
                .map((one) => one.repeat(maxTextLength / one.length)),
        );
        fc.assert(
            fc.property(texts, (text) => {
                const spans = linker.spans(text);
                spans.forEach(({ token, start, end, confidence }, index) => {
                    assert.ok(known.has(token));
                    assert.ok(start < end && end <= text.length && confidence > 0 && confidence <= 1);
                    assert.ok(start >= (spans[index - 1]?.end ?? 0));
                });
            }),
            { numRuns: 200 },
        );
    });
});

describe("the lexicon", () => {
    for (const [text, label] of [
        ["surges to a record high", "positive"],
        ["crashes after hack", "negative"],
        ["was not hacked", "positive"],
        ["isn't bullish", "negative"],
        ["up 12%", "positive"],
        ["-7% today", "negative"],
        ["rug pull", "negative"],
        ["rebounds after the sell-off", "positive"],
        ["🚀", "positive"],
        ["The conference takes place in June", "neutral"],
        ["constructor toString __proto__ hasOwnProperty", "neutral"],
        ["", "neutral"],
    ] as const) {
        it(`finds "${text}" ${label}`, () => assert.equal(judge(text).label, label));
    }

    it("gives numbers within their bounds, whatever the text", () => {
        for (const text of ["crash ".repeat(5_000), "moon ".repeat(5_000), "\u0000", "very ".repeat(100) + "good"]) {
            const { score, confidence } = judge(text);
            assert.ok(score >= -1 && score <= 1 && confidence >= 0 && confidence <= 1, `${score} ${confidence}`);
        }
    });

    it("judges a token by the clauses about it, and never by its name", () => {
        const lexicon = new LexiconScorer(linker);
        const text = "ETH rallies while SOL crashes";
        assert.equal(lexicon.judgeFor("ETH", text).label, "positive");
        assert.equal(lexicon.judgeFor("SOL", text).label, "negative");
        assert.equal(lexicon.judgeFor("NOT", "$NOT looks bullish").label, "positive");
        assert.equal(lexicon.judgeFor("UNKNOWN", "a scam").label, "negative");
    });
});

describe("our own labelled texts", () => {
    const texts = labelledTexts();

    it("are 200 and more, half of them hard cases, none twice", () => {
        assert.ok(texts.length >= 200);
        assert.ok(texts.filter(({ hard }) => hard !== undefined).length * 2 >= texts.length);
        assert.equal(new Set(texts.map(({ text }) => text)).size, texts.length);
    });

    it("are linked and judged no worse than when the rules were settled", () => {
        const { linking, accuracy } = measure(texts);
        assert.ok(precision(linking) >= 0.95, `precision of linking ${precision(linking)}`);
        assert.ok(recall(linking) >= 0.97, `recall of linking ${recall(linking)}`);
        assert.ok(accuracy >= 0.83, `accuracy of the lexicon ${accuracy}`);
    });
});
