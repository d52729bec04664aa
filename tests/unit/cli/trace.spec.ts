// Proves: what is left of an error with a stack trace, plain and in the colours Node gives it: its message and the line of this project to mend.
// Does not prove: that the positions are those of the sources; tests/engine/cli/driver.spec.ts does, with the real CLI.
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { TraceFilter, withoutStackTrace } from "../../../infra/cli/trace";

const trace = [
    "TypeError: decimale is not a function",
    "    at column (/p/schema/dsl/columns.ts:3:1)",
    "    at <anonymous> (/p/schema/facts/marketTrades.ts:12:19)",
    "    at Object.<anonymous> (/p/schema/index.ts:1:1)",
    "    at Module._compile (node:internal/modules/cjs/loader:1929:14)",
    "    at Object.transformer (/p/node_modules/tsx/dist/register.cjs:22:2188)",
].join("\n");

describe("an error with a stack trace", () => {
    it("keeps its message and the declaration's line", () => {
        assert.equal(
            withoutStackTrace(trace, "/p"),
            "TypeError: decimale is not a function\n  at schema/facts/marketTrades.ts:12",
        );
    });

    it("keeps the innermost line of this project where no declaration is concerned", () => {
        const text = trace.replace("facts/marketTrades", "ddl/checks");
        assert.match(withoutStackTrace(text, "/p"), /^TypeError.*\n {2}at schema\/dsl\/columns\.ts:3$/);
    });

    it("keeps none of other folders, of Node or of node_modules", () => {
        assert.equal(withoutStackTrace(trace, "/q"), "TypeError: decimale is not a function");
    });

    it("is read in colours, with spaces in the path, and with fields behind it", () => {
        const error = Object.assign(new Error("no"), { code: "E" });
        error.stack = "Error: no\n    at file:///a p/index.ts:7:1\n    at f (/a p/node_modules/x/y.js:1:1)";
        const shown = withoutStackTrace(inspect(error, { colors: true }), "/a p");
        assert.equal(shown, "Error: no\n  at index.ts:7\n  code: 'E'\n}");
    });

    it("comes line by line as well: text between is passed on as it is", () => {
        const filter = new TraceFilter("/p");
        const lines = ["\u001b[1mdiff\u001b[0m  ", ...trace.split("\n"), "", "  end"];
        assert.deepEqual(
            [...lines.flatMap((line) => filter.line(line)), ...filter.end()],
            ["\u001b[1mdiff\u001b[0m  ", trace.split("\n")[0], "  at schema/facts/marketTrades.ts:12", "", "  end"],
        );
    });

    it("keeps lines that only begin like a frame", () => {
        assert.equal(withoutStackTrace("look at this\n  at least 3 rows", "/p"), "look at this\n  at least 3 rows");
    });
});
