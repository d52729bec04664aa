// Proves, through the real CLI and a real supervisor: a secret of the stack's configuration reaches a process's environment, and stands
// nowhere else: not in any file of the stack or of Pulumi but the supervisor's own, which is its user's alone; not in what a command prints; not
// in the arguments of any process, also not while a command runs. Does not prove: what a worker itself does with its secrets (its own tests).
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { SupervisorClient } from "../../../infra/embedded/supervisor/client";
import { freePort, removeFolder, temporaryFolder, until } from "../../support/processes";
import { type Outcome, PulumiProject, repository } from "../../support/pulumi";
import { writeProject } from "./project";

const [first, second, byHand] = ["first-never-to-be-seen", "second-never-to-be-seen", "by-hand-never-to-be-seen"];
const secrets = [first, second, byHand];

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** A process that answers with the digest of its secret. */
const serve =
    "require('http').createServer((q, r) => r.end(require('crypto').createHash('sha256').update(process.env.TOKEN).digest('hex'))).listen(process.env.PORT, '127.0.0.1')";

const program = (dir: string, port: number): string => `
import { Config } from "@pulumi/pulumi";
import { Process, Provider, Supervisor } from ${JSON.stringify(path.join(repository, "infra/resources"))};
const [dir, port] = [${JSON.stringify(dir)}, ${JSON.stringify(String(port))}];
const provider = new Provider("trading", { supervisorDir: dir });
const supervisor = new Supervisor("supervisor", { dir }, { provider });
new Process("web", {
    name: "web",
    command: ["node", "-e", ${JSON.stringify(serve)}],
    env: { PORT: port, TOKEN: new Config().requireSecret("token") },
    health: { tcp: "127.0.0.1:" + port },
}, { provider, dependsOn: supervisor });
`;

/** Whether a secret stands in a file, as it is or compressed. */
function holdsSecret(file: string): boolean {
    const bytes = readFileSync(file);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const forms = isGzip ? [bytes, gunzipSync(bytes)] : [bytes];
    return forms.some((form) => secrets.some((secret) => form.includes(secret)));
}

/** Files below a folder in which a secret stands; the dependencies are a link to the repository's. */
function filesWithSecrets(folder: string): string[] {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const file = path.join(folder, entry.name);
        if (entry.isDirectory()) return filesWithSecrets(file);
        return entry.isFile() && holdsSecret(file) ? [file] : [];
    });
}

/** Arguments of all processes of this machine in which a secret stands. */
function argumentsWithSecrets(): string[] {
    return readdirSync("/proc")
        .filter((entry) => /^\d+$/.test(entry))
        .flatMap((pid) => {
            try {
                return [readFileSync(`/proc/${pid}/cmdline`, "utf8")];
            } catch {
                return []; // Ended meanwhile.
            }
        })
        .filter((line) => secrets.some((secret) => line.includes(secret)));
}

describe("a secret of the configuration", function () {
    this.timeout(120_000);
    const folder = temporaryFolder("secrets");
    const dir = path.join(folder, "stack");
    let project: PulumiProject;
    let port: number;
    const printed: string[] = [];
    const seenInArguments = new Set<string>();

    /** Runs a command while all processes' arguments are looked at. */
    async function watched(work: () => Promise<Outcome>): Promise<string> {
        const timer = setInterval(() => argumentsWithSecrets().forEach((line) => seenInArguments.add(line)), 25);
        try {
            const { output } = await work();
            printed.push(output);
            return output;
        } finally {
            clearInterval(timer);
        }
    }
    const setToken = (value: string): Promise<Outcome> =>
        project.run(["config", "set", "--secret", "token", value, "--stack", project.stack]);
    const answers = (secret: string): Promise<unknown> =>
        until("the process answers with its secret's digest", async () => {
            const text = await fetch(`http://127.0.0.1:${String(port)}/`).then((response) => response.text());
            return text === digest(secret);
        });

    before(async () => {
        port = await freePort();
        writeProject(folder, "secrets");
        project = await PulumiProject.create(folder);
        project.write("index.ts", program(dir, port));
    });

    after(async () => {
        await project.destroy();
        project.dispose();
        removeFolder(folder);
    });

    it("reaches the process", async () => {
        await setToken(first);
        await watched(() => project.up());
        await answers(first);
    });

    it("is masked where a preview shows that it changes, and the process gets the new one", async () => {
        await setToken(second);
        assert.match(await watched(() => project.preview()), /~ TOKEN: \[secret\]/);
        await watched(() => project.up());
        await answers(second);
    });

    it("is not given away by a refresh that finds it, or another variable, changed by hand", async () => {
        const client = new SupervisorClient(dir);
        const found = await client.get("web");
        assert.ok(found !== undefined);
        await client.put("web", { ...found.spec, env: { ...found.spec.env, TOKEN: byHand, OTHER: byHand } });
        await watched(() => project.refresh());
        assert.match(await watched(() => project.preview()), /OTHER: +\[secret\]/);
        printed.push((await project.run(["stack", "export", "--stack", project.stack])).output);
        await watched(() => project.up());
        await answers(second);
    });

    it("stands nowhere but in the supervisor's file, which only its user can read", () => {
        assert.deepEqual(
            printed.filter((text) => secrets.some((secret) => text.includes(secret))),
            [],
        );
        assert.deepEqual([...seenInArguments], []);
        assert.deepEqual(filesWithSecrets(path.dirname(project.dir)), []);
        const own = path.join(dir, "supervisor", "processes.json");
        assert.deepEqual(filesWithSecrets(dir), [own]);
        const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);
        assert.deepEqual([mode(own), mode(path.dirname(own))], ["600", "700"]);
    });
});
