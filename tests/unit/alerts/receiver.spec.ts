// Proves: the receiver for trials shows a message that is signed with its secret, and refuses one that is not, as a program. Does not prove: delivery itself.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { webhook } from "../../../functions/alerts/channels/webhook";
import { type Message } from "../../../functions/alerts/core/model";
import { freePort, until } from "../../support/processes";
import { repository } from "../../support/pulumi";

const message: Message = { id: "m1", target: "me", kind: "test", sequence: 0, alerts: [], by: "", at: 0 };
const content = { title: "a title\u202e", severity: "low", values: { message: "m1" } } as const;

describe("npm run receiver", () => {
    let receiver: ChildProcess | undefined;
    afterEach(() => receiver?.kill());

    it("shows what is signed with its secret, and refuses the rest", async () => {
        const port = await freePort();
        const child = spawn(
            process.execPath,
            ["--require", "tsx/cjs", "functions/alerts/receiver.ts", "--port", String(port)],
            { cwd: repository, stdio: ["ignore", "pipe", "inherit"] },
        );
        receiver = child;
        let shown = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (shown += text));
        const [, secret = ""] = await until("it waits", () => /signed with (\S+)/.exec(shown) ?? undefined);
        for (const [known, status] of [
            [secret, 204],
            [`whsec_${Buffer.alloc(32, 1).toString("base64")}`, 401],
        ] as const) {
            const channel = webhook(`http://127.0.0.1:${String(port)}/`, [known]);
            const { url, headers = {}, body = "" } = channel.request(message, content, Date.now());
            assert.equal((await fetch(url, { method: "POST", headers, body })).status, status);
        }
        await until("both are shown", () => shown.includes("refused"));
        assert.match(shown, /test m1, signature right\n {4}target: me\n {4}title: a title\[U\+202E\]\n/);
        assert.match(shown, /refused: No matching signature found/);
        child.kill();
        await once(child, "close");
    });
});
