// Proves: the report names everything that is planted in a sample - unmapped fields and enum values, null rates, clock skew, sequence gaps,
// duplicates, lines no rule matches, facts that stay empty - and calls the committed sample of a foreign feed ready.
// Does not prove: that the numbers of a real feed mean what its venue says they mean.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReader } from "../../../functions/matching-engine/formats/reader";
import { loadMapping, type Mapping, readMapping } from "../../../functions/matching-engine/mapping/load";
import { type Profile, profileSample } from "../../../functions/matching-engine/onboard/profile";
import { reportOf } from "../../../functions/matching-engine/onboard/report";

const repository = join(__dirname, "../../..");
const samples = join(repository, "functions/matching-engine/samples");
const nordwind = join(samples, "nordwind.yaml");
const lines = readFileSync(join(samples, "nordwind.ndjson"), "utf8").trimEnd().split("\n");
/** The day of the sample. */
const now = Date.parse("2026-11-23T00:00:00Z");

const profile = (mapping: Mapping, sample: readonly string[], at = now): Promise<Profile> =>
    profileSample(
        mapping,
        createReader(mapping.format),
        sample.map((line, index) => ({ value: Buffer.from(line), number: index + 1 })),
        at,
    );

/** The sample with a change wherever it fits. */
const change = (match: RegExp, to: string): string[] => lines.map((line) => line.replace(match, to));

describe("onboarding", () => {
    const mapping = loadMapping(nordwind);

    it("finds nothing to do in the committed sample but what the mapping leaves out on purpose", async () => {
        const found = await profile(mapping, lines);
        assert.deepEqual(found.outcomes, { ignored: 3, mapped: 22 });
        assert.deepEqual(
            found.facts.map(({ fact, events, duplicates, late }) => [fact, events, duplicates, late]),
            [
                ["user_orders", 16, 0, 0],
                ["user_trades", 3, 0, 0],
                ["order_book_ticks", 4, 0, 0],
            ],
        );
        for (const list of [
            found.unreadable,
            found.unmatched,
            found.refused,
            found.unmappedWords,
            found.unmappedFields,
            found.gaps,
            found.repeated,
        ])
            assert.deepEqual(list, []);
        assert.deepEqual(found.empty, []);
        assert.deepEqual(found.unnamed, ["user_deposits", "user_withdrawals"]);
        assert.match(
            reportOf(found, "m.yaml", "s.ndjson"),
            /^s\.ndjson through m\.yaml: 25 records, 3 ignored, 22 mapped\n[^]*\nReady: /,
        );
    });

    it("counts null rates of the columns that may be absent", async () => {
        const orders = (await profile(mapping, lines)).facts[0];
        const rates = new Map(orders?.nulls.map(({ column, nulls }) => [column, nulls]));
        assert.equal(rates.get("price"), 2);
        assert.equal(rates.get("replaced_order_id"), 15);
        assert.ok(orders?.unfilled.includes("session_id"));
        assert.match(reportOf(await profile(mapping, lines), "m", "s"), /null rates: .*price 12\.5%/);
    });

    it("names fields no expression reads, also inside lists, with how often and an example", async () => {
        const sample = change(/"agg":/, '"venue_note":"x.y","agg":').map((line) =>
            line.replaceAll(/"tick":(\d+),"lots"/g, '"tick":$1,"flag":true,"lots"'),
        );
        const { unmappedFields } = await profile(mapping, sample);
        assert.deepEqual(unmappedFields, [
            { path: "fills.*.flag", records: 3, example: "true" },
            { path: "venue_note", records: 2, example: "x.y" },
        ]);
    });

    it("names enum values without a word, with their field, count and first line", async () => {
        const { unmappedWords, refused } = await profile(mapping, change(/"form":"STL"/, '"form":"ICE"'));
        assert.deepEqual(unmappedWords, [{ what: 'ord.form: "ICE"', count: 2, line: 21 }]);
        assert.deepEqual(
            refused.map(({ fact, count, line }) => [fact, count, line]),
            [["user_orders", 2, 21]],
        );
    });

    it("names gaps and repetitions of the source's count, and identities that come twice", async () => {
        const sample = [...lines.slice(0, 5), ...lines.slice(8, 12), lines[10] ?? "", ...lines.slice(12)];
        const found = await profile(mapping, sample);
        assert.deepEqual(found.gaps, [{ within: "", first: "41006", last: "41008", line: 6 }]);
        assert.deepEqual(found.repeated, [{ what: "41011", count: 1, line: 10 }]);
        assert.equal(found.facts[0]?.duplicates, 1);
        const report = reportOf(found, "m", "s");
        assert.match(report, /Sequence gaps \(3 missing\):\n {2}41006 to 41008 {2}\(before line 6\)/);
        assert.match(report, /1 duplicate: the same identity again/);
    });

    it("says what cannot be read, what no rule matches, what the catalogue refuses, and what stays empty", async () => {
        const sample = [
            "oops",
            ...change(/"ev":"X"/, '"ev":"Z"'),
            lines[2]?.replace('"left":15000', '"left":"all"') ?? "",
        ];
        const found = await profile(mapping, sample);
        assert.deepEqual(
            found.unmatched.map(({ what, count, line }) => [what, count, line]),
            [['ev "Z"', 2, 7]],
        );
        assert.equal(found.unreadable[0]?.line, 1);
        assert.match(
            found.refused[0]?.what ?? "",
            /filled_quantity: ord\.left: expected a number to scale by "4" digits/,
        );
        assert.deepEqual(found.empty, ["user_trades"]);
        const report = reportOf(found, "m", "s");
        assert.match(report, /user_trades: named by the mapping, but no record of the sample becomes one/);
        assert.match(report, /Not ready/);
    });

    it("tells clock skew from the time of sending, event times that run backwards, and what is too old", async () => {
        const text = readFileSync(nordwind, "utf8").replace(
            "ignore:",
            "clock: { field: sent, time: milliseconds }\nignore:",
        );
        const clocked = readMapping(text, "clocked.yaml");
        const sample = lines.map((line, index) => {
            const ms = Number(BigInt(/"t":(\d+)/.exec(line)?.[1] ?? "0") / 1_000_000n);
            return line.replace('"t":', `"sent":${String(ms + (index === 4 ? -2_000 : 250))},"t":`);
        });
        const { clock } = await profile(clocked, sample);
        assert.deepEqual(clock && [clock.records, clock.min, clock.median, clock.max], [22, -2_000, 250, 250]);
        assert.match(
            reportOf(await profile(clocked, sample), "m", "s"),
            /Clock skew .*: -2\.0 s to 250 ms, median 250 ms, 22 records; a negative skew/,
        );
        const swapped = [...lines.slice(0, 6), lines[7] ?? "", lines[6] ?? "", ...lines.slice(8)];
        assert.equal((await profile(mapping, swapped)).backwards.records, 1);
        const later = await profile(mapping, lines, now + 40 * 86_400_000);
        assert.deepEqual(
            later.facts.map(({ late }) => late),
            [16, 3, 4],
        );
    });

    it("is a command: its exit code says whether something is left to do, errors are one line", async () => {
        const folder = mkdtempSync(join(tmpdir(), "onboard-"));
        const bad = join(folder, "bad.ndjson");
        writeFileSync(bad, "oops\n");
        const run = (...args: string[]): Promise<{ code: unknown; out: string; err: string }> =>
            new Promise((resolve) =>
                execFile(
                    "node",
                    ["--require", "tsx/cjs", "functions/matching-engine/onboard/main.ts", ...args],
                    { cwd: repository },
                    (error, out, err) => resolve({ code: error?.code ?? 0, out, err }),
                ),
            );
        try {
            const good = await run("--mapping", nordwind, "--sample", join(samples, "nordwind.ndjson"));
            assert.equal(good.code, 0, good.err);
            assert.match(good.out, /Ready: /);
            assert.equal((await run("--mapping", nordwind, "--sample", bad)).code, 1);
            const missing = await run("--mapping", join(folder, "none.yaml"), "--sample", bad);
            assert.equal(missing.code, 2);
            assert.match(missing.err, /^onboard: mapping: cannot read .*none\.yaml: ENOENT[^\n]*\n$/);
            const empty = join(folder, "empty.ndjson");
            writeFileSync(empty, "\n");
            for (const [sample, words] of [
                [join(folder, "none.ndjson"), "cannot read .*none\\.ndjson: there is no such file; "],
                [folder, "cannot read .*: it is a folder; "],
                [empty, "holds no record"],
            ] as const) {
                const { code, out, err } = await run("--mapping", nordwind, "--sample", sample);
                assert.deepEqual([code, out], [2, ""]);
                assert.match(err, new RegExp(`^onboard: sample: .*${words}[^\n]*\n$`));
            }
        } finally {
            rmSync(folder, { recursive: true });
        }
    });
});
