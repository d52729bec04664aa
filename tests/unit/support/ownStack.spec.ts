// Proves: a program with a stack of its own stops it once on SIGINT and SIGTERM, also while it starts, and exits with 130 or 143; options of such
// programs are refused where they are no whole number or no known name. Does not prove: that TestStack.stop() ends every process.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { someOf, whole } from "../../support/options";

const program = path.resolve(__dirname, "../../support/interruptible.ts");

/** Signals the program twice once it says `at`; its exit code and all it said. */
async function interrupted(
    signal: "SIGINT" | "SIGTERM",
    at: string,
    startMs: number,
): Promise<{ code: unknown; said: string[] }> {
    const child = spawn(process.execPath, ["--require", "tsx/cjs", program, String(startMs)], {
        stdio: ["ignore", "pipe", "ignore"],
    });
    const said: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said.push(...text.trim().split("\n"));
        if (!text.includes(at)) return;
        child.kill(signal);
        child.kill(signal);
    });
    const [code] = (await once(child, "close")) as unknown[];
    return { code, said };
}

describe("a stack of a program's own", () => {
    it("is stopped once on SIGTERM, exit code 143", async () => {
        const { code, said } = await interrupted("SIGTERM", "working", 0);
        assert.deepEqual({ code, said }, { code: 143, said: ["starting", "working", "stopped"] });
    });

    it("is stopped once on SIGINT while it starts, after that, exit code 130", async () => {
        const { code, said } = await interrupted("SIGINT", "starting", 500);
        assert.deepEqual({ code, said }, { code: 130, said: ["starting", "stopped"] });
    });
});

describe("options of programs beside the tests", () => {
    it("takes whole numbers from the least on, nothing else", () => {
        assert.equal(whole(1)("5"), 5);
        for (const text of ["abc", "0", "-1", "1.5", "", " ", "1e3", "9007199254740993"])
            assert.throws(() => whole(1)(text), /whole number from 1 on/, text);
    });

    it("takes names there are, and names those it does not know", () => {
        assert.deepEqual(someOf(["idle", "storage"])("storage,idle"), ["storage", "idle"]);
        assert.throws(() => someOf(["idle"])("idle,constructor"), /there is no constructor; there are idle/);
    });
});
