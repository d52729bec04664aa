// Proves: whatever is put into a template is text, in elements and attributes; what cannot be seen is shown as its code; forms get back what was typed;
// lists cut what is too long; a chart's numbers are those of the rows. Does not prove: that pages use templates for everything (tests/engine/console).
import assert from "node:assert/strict";
import { seriesOf, figure } from "../../../functions/console/dashboardPage";
import { clipped, html, query, value } from "../../../functions/console/html";

describe("html of the console", () => {
    it("shows markup as text", () => {
        const hostile = `<script>alert(1)</script>"'&`;
        const shown = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;";
        assert.equal(html`<p title="${hostile}">${hostile}</p>`.markup, `<p title="${shown}">${shown}</p>`);
        assert.equal(html`${[hostile, html`<b>${hostile}</b>`]}`.markup, `${shown}<b>${shown}</b>`);
    });

    it("shows what changes direction, has no width or controls as its code", () => {
        assert.equal(html`${"a\u202eb\u200bc\u0007d\u2028"}`.markup, "a\\u{202e}b\\u{200b}c\\u{7}d\\u{2028}");
    });

    it("gives forms what was typed", () => {
        assert.equal(value('a\u202eb"<').markup, "a\u202eb&quot;&lt;");
        assert.equal(query({ a: "1&2=<", b: "", c: undefined }).markup, "?a=1%262%3D%3C");
        assert.equal(query({}).markup, "");
    });

    it("shows nothing for what is absent, and 0 as 0", () => {
        assert.equal(html`${undefined}${false}${0}`.markup, "0");
    });

    it("cuts names of 10 kB in lists", () => {
        assert.equal(clipped("x".repeat(10_000)).length, 301);
        assert.equal(clipped("short"), "short");
    });
});

describe("numbers of the console", () => {
    it("are lines over all times, with nothing where a series has no value", () => {
        const rows = [
            { time: "2026-11-20 14:00:00", series: "a", value: 1 },
            { time: "2026-11-20 14:01:00", series: "b", value: 2.5 },
            { time: "2026-11-20 14:02:00", series: "a", value: null },
        ];
        const start = Date.UTC(2026, 10, 20, 14) / 1_000;
        assert.deepEqual(seriesOf(rows), {
            times: [start, start + 60, start + 120],
            series: [
                { name: "a", values: [1, null, null] },
                { name: "b", values: [null, 2.5, null] },
            ],
        });
    });

    it("are written as their unit is", () => {
        assert.deepEqual(
            [figure("share", 0.125), figure("usd", 1234567.891), figure("count", 3)],
            ["12.5%", "1,234,567.89", "3"],
        );
    });
});
