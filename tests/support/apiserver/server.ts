// A real Kubernetes API server for tests, built once for all clones from Go modules: it judges objects as any cluster's does, and runs none of them.
import { execFile, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { cacheFolder, sha256Of } from "../../../infra/embedded/kafka/jars";
import { freePort } from "../processes";

const run = promisify(execFile);

/** What the server answered. */
export interface Answer {
    status: number;
    body: Record<string, unknown>;
}

/** A running server. */
export interface ApiServer {
    ask(method: "GET" | "POST", path: string, body?: object): Promise<Answer>;
    stop(): Promise<void>;
}

/** The program, from the cache of this machine; the first time it is built, which takes two cores several minutes. */
async function program(): Promise<string> {
    const pinned = await sha256Of(join(__dirname, "go.sum"));
    const file = join(cacheFolder(), `apiserver-${pinned?.slice(0, 16) ?? ""}`);
    if (existsSync(file)) return file;
    mkdirSync(cacheFolder(), { recursive: true });
    const made = `${file}.${String(process.pid)}`;
    // The server says which version it is by these; its clients and its own rules ask.
    const version = ["gitVersion=v1.35.1", "gitMajor=1", "gitMinor=35"];
    const flags = ["-s", "-w", ...version.flatMap((each) => ["-X", `k8s.io/component-base/version.${each}`])];
    const env = { ...process.env, GOFLAGS: "-mod=readonly -buildvcs=false", GOWORK: "off", CGO_ENABLED: "0" };
    const build = ["-C", __dirname, "build", "-ldflags", flags.join(" "), "-o", made, "."];
    await run("nice", ["-n", "15", "go", ...build], { env, maxBuffer: 100_000_000 });
    renameSync(made, file);
    return file;
}

/** Starts it, with its data in `dir`, which the test removes. */
export async function startApiServer(dir: string): Promise<ApiServer> {
    const binary = await program();
    const [port, etcd, peers] = [await freePort(), await freePort(), await freePort()];
    const token = randomBytes(16).toString("hex");
    const [tokens, key, certificates] = [join(dir, "tokens.csv"), join(dir, "key.pem"), join(dir, "certificates")];
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(tokens, `${token},test,test,"system:masters"\n`);
    const flags = [
        ...[`--secure-port=${port}`, "--bind-address=127.0.0.1", `--cert-dir=${certificates}`],
        ...["--service-account-issuer=https://test", `--service-account-key-file=${key}`],
        ...[`--service-account-signing-key-file=${key}`, "--service-cluster-ip-range=10.0.0.0/24"],
        // Nobody makes service accounts here.
        ...[`--token-auth-file=${tokens}`, "--disable-admission-plugins=ServiceAccount"],
    ];
    const server = spawn(binary, [join(dir, "etcd"), String(etcd), String(peers), ...flags], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    server.stderr.on("data", (data: Buffer) => (said = `${said}${data.toString()}`.slice(-5_000)));
    const certificate = join(certificates, "apiserver.crt");
    const ask: ApiServer["ask"] = (method, path, body) => exchange({ port, token, certificate, method, path, body });
    const ready = async (): Promise<boolean> => {
        if (server.exitCode !== null) throw new Error(`API server: did not start; it said\n${said}`);
        if (!existsSync(certificate)) return false;
        return (await ask("GET", "/readyz").catch(() => undefined))?.status === 200;
    };
    while (!(await ready())) await pause(100);
    return {
        ask,
        async stop() {
            const ended = new Promise((resolve) => server.once("exit", resolve));
            server.kill("SIGKILL");
            await ended;
        },
    };
}

interface Question {
    port: number;
    token: string;
    certificate: string;
    method: string;
    path: string;
    body: object | undefined;
}

function exchange({ port, token, certificate, method, path, body }: Question): Promise<Answer> {
    const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json",
    };
    // The certificate is the server's own, made at its start for this address.
    const options = { host: "127.0.0.1", port, method, path, headers, ca: readFileSync(certificate) };
    return new Promise((resolve, reject) => {
        const asked = request(options, (response) => {
            let text = "";
            response.on("data", (data: Buffer) => (text += data.toString()));
            response.on("end", () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }));
        });
        asked.on("error", reject);
        asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
}

/** Objects come as JSON, health as plain words. */
function parsed(text: string): Record<string, unknown> {
    return text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : { message: text };
}
