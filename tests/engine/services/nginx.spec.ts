// Proves, with the real nginx: it takes the configuration, with TLS and without; it hands requests on with who asked and how, answers with the security headers exactly
// once whatever the service says, refuses what no service takes, speaks no TLS older than 1.2, and says that it runs. Where there is no nginx this is skipped, and said.
// Does not prove: that the image's nginx, which is newer than Debian's, does the same; that Docker's DNS is asked for upstreams, which are addresses here.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { request as secure } from "node:https";
import { type AddressInfo, createServer as listen } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { nginxConf, nginxHealthPort, type NginxSettings } from "../../../infra/services/nginx";

const paths = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
const nginx = spawnSync("which", ["nginx"], { encoding: "utf8", env: paths }).stdout.trim();

const security = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
};

async function freePort(): Promise<number> {
    const server = listen().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
}

(nginx === "" ? describe.skip : describe)(
    `nginx before the pages${nginx === "" ? " (no nginx here: apt-get install nginx-light)" : ""}`,
    function () {
        this.timeout(60_000);
        const folder = mkdtempSync(join(tmpdir(), "nginx-test-"));
        const tls = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
        const asked: { headers: IncomingHttpHeaders; url: string }[] = [];
        const service = createServer((request, response) => {
            asked.push({ headers: request.headers, url: request.url ?? "" });
            request
                .resume()
                .on("end", () => response.setHeader("X-Frame-Options", "SAMEORIGIN").end("from the service"));
        });
        const running: ChildProcess[] = [];
        let upstream = "";

        before(async () => {
            service.listen(0, "127.0.0.1");
            await once(service, "listening");
            upstream = `127.0.0.1:${String((service.address() as AddressInfo).port)}`;
            const made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
            const written = spawnSync("openssl", [...made, "-keyout", tls.key, "-out", tls.certificate]);
            assert.equal(written.status, 0, String(written.stderr));
        });
        after(async () => {
            for (const child of running) {
                child.kill("SIGQUIT");
                await once(child, "exit");
            }
            service.close();
            service.closeAllConnections();
            rmSync(folder, { recursive: true });
        });

        /** The configuration in a file of its own, with a place and a port that others on this machine have not. */
        async function written(settings: NginxSettings, name: string): Promise<{ file: string; health: number }> {
            const health = await freePort();
            const text = nginxConf(settings)
                .replaceAll(/\/tmp\/([\w.]+;)/g, `${folder}/${name}-$1`)
                .replace(`127.0.0.1:${String(nginxHealthPort)}`, `127.0.0.1:${String(health)}`);
            const file = join(folder, `${name}.conf`);
            writeFileSync(file, text);
            return { file, health };
        }
        async function started(settings: NginxSettings, name: string): Promise<number> {
            const { file, health } = await written(settings, name);
            const child = spawn(nginx, ["-c", file, "-g", "daemon off;"], { stdio: ["ignore", "ignore", "inherit"] });
            running.push(child);
            for (;;) {
                const answer = await fetch(`http://127.0.0.1:${String(health)}/healthz`).catch(() => undefined);
                if (answer?.status === 200) return health;
                assert.equal(child.exitCode, null, "nginx ended");
                await pause(50);
            }
        }

        it("takes the configuration, as the docker target renders it, with TLS and without", async () => {
            const proxied = [
                { port: 8126, upstream: "hyperdx:8080" },
                { port: 3000, upstream: "grafana:3000" },
            ];
            for (const [name, settings] of Object.entries({
                plain: { proxied, resolver: "127.0.0.11" },
                encrypted: { proxied, resolver: "127.0.0.11", tls },
            })) {
                const { file } = await written(settings, name);
                const { status, stderr } = spawnSync(nginx, ["-t", "-c", file], { encoding: "utf8" });
                assert.equal(status, 0, stderr);
                assert.doesNotMatch(stderr, /\[(warn|error|emerg)\]/);
            }
        });

        it("hands on who asked, where and how, and answers with the security headers once", async () => {
            const port = await freePort();
            const health = await started({ proxied: [{ port, upstream }] }, "http");
            const url = `http://127.0.0.1:${String(port)}`;
            const answer = await fetch(`${url}/a%20b?c=%2F`, { headers: { "x-forwarded-for": "203.0.113.9" } });
            assert.equal(await answer.text(), "from the service");
            for (const [name, value] of Object.entries(security)) assert.equal(answer.headers.get(name), value, name);
            assert.equal(answer.headers.get("server"), "nginx");
            assert.equal(answer.headers.get("strict-transport-security"), null);
            const { headers, url: path } = asked.at(-1) ?? { headers: {}, url: "" };
            assert.equal(path, "/a%20b?c=%2F");
            assert.equal(headers.host, `127.0.0.1:${String(port)}`);
            assert.equal(headers["x-forwarded-for"], "203.0.113.9, 127.0.0.1");
            assert.equal(headers["x-forwarded-proto"], "http");
            const tooLarge = await fetch(url, { method: "POST", body: Buffer.alloc(6 * 1024 * 1024 + 1) });
            assert.equal(tooLarge.status, 413);
            assert.equal(tooLarge.headers.get("x-frame-options"), "DENY");
            assert.equal((await fetch(`http://127.0.0.1:${String(health)}/`)).status, 404);
        });

        it("speaks TLS of today, and sends who comes without it there", async () => {
            const port = await freePort();
            await started({ proxied: [{ port, upstream }], tls }, "https");
            const ask = (maxVersion: "TLSv1.1" | "TLSv1.3"): Promise<IncomingHttpHeaders> =>
                new Promise((resolve, reject) => {
                    const options = { port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion };
                    secure({ ...options, minVersion: maxVersion, ciphers: "DEFAULT@SECLEVEL=0" }, (response) =>
                        response.resume().on("end", () => resolve(response.headers)),
                    )
                        .on("error", reject)
                        .end();
                });
            const headers = await ask("TLSv1.3");
            assert.equal(headers["strict-transport-security"], "max-age=31536000");
            assert.equal(headers["x-frame-options"], "DENY");
            assert.equal(asked.at(-1)?.headers["x-forwarded-proto"], "https");
            await assert.rejects(ask("TLSv1.1"), /alert|protocol|version/i);
            const plain = await fetch(`http://127.0.0.1:${String(port)}/login?a=1`, { redirect: "manual" });
            assert.equal(plain.status, 301);
            assert.equal(plain.headers.get("location"), `https://127.0.0.1:${String(port)}/login?a=1`);
        });
    },
);
