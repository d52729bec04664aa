// Proves, in a real browser with a real broker behind the gateway: the script reports page views and declared clicks of a page of another origin,
// also those of a page that is left at once, and neither what was typed nor query strings. Without Chromium it is skipped, and says so.
// Does not prove: other browsers.
import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { userActions } from "../../../schema/facts/userActions";
import { TestGateway } from "../../support/gateway";
import { sharedKafka, type TestKafka } from "../../support/kafka";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { Topics } from "../../support/topics";

const browser = ["chromium", "chromium-browser", "google-chrome"].find(
    (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

/** A page that behaves like a user: types, clicks, goes on to another view, clicks, and is left. */
const page = (gateway: TestGateway): string => `<!doctype html>
<script src="${gateway.url}/v1/actions.js" data-key="${gateway.publicKey}" data-session="session-1"></script>
<form><input id="password" type="password"><button type="button" id="undeclared">Show</button>
<button type="button" data-action="order.place"><b id="label">Buy 1 BTC</b></button></form>
<script>
  document.getElementById("password").value = "hunter2";
  document.getElementById("password").dispatchEvent(new Event("input", { bubbles: true }));
  document.getElementById("undeclared").click();
  document.getElementById("label").click();
  history.pushState({}, "", "/portfolio?token=secret-token");
  tradingActions.identify({ session: "session-2", device: "device-1" });
  tradingActions.click("withdraw.open");
  window.addEventListener("load", () => { location.href = "/left"; });
</script>`;

(browser === undefined ? describe.skip : describe)(
    `gateway in a browser${browser === undefined ? " (no Chromium here: apt-get install chromium)" : ""}`,
    function () {
        this.timeout(120_000);
        const folder = temporaryFolder("gateway-browser");
        let kafka: TestKafka;
        let topics: Topics;
        let gateway: TestGateway;
        let site: Server;
        let siteUrl: string;
        let running: ChildProcess | undefined;

        before(async () => {
            kafka = await sharedKafka();
            topics = await Topics.connect(kafka.brokers);
            await topics.create([userActions]);
            site = createServer((request, response) => {
                response.setHeader("content-type", "text/html");
                response.end(request.url?.startsWith("/account") === true ? page(gateway) : "gone");
            });
            site.listen(0, "127.0.0.1");
            await once(site, "listening");
            siteUrl = `http://127.0.0.1:${String((site.address() as AddressInfo).port)}`;
            gateway = await TestGateway.start(kafka.brokers, { ACTIONS_ORIGINS: siteUrl });
        });
        after(async () => {
            if (running?.exitCode === null) {
                running.kill("SIGKILL");
                await once(running, "exit");
            }
            site.closeAllConnections();
            site.close();
            await gateway.stop();
            await topics.close();
            removeFolder(folder);
        });

        it("reports views and declared clicks, and nothing that was typed", async () => {
            const flags = [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                `--user-data-dir=${folder}/profile`,
            ];
            running = spawn(browser ?? "", [...flags, `${siteUrl}/account?token=secret-token#secret-hash`], {
                stdio: "ignore",
            });
            const values = await until(
                "four actions",
                async () => {
                    const found = await topics.values(userActions);
                    return found.length >= 4 ? found : undefined;
                },
                60_000,
            );
            const events = values.map((value) => JSON.parse(value) as Record<string, unknown>);
            assert.deepEqual(
                events.map(({ action, page: at, element, session_id }) => [action, at, element ?? null, session_id]),
                [
                    ["page_view", "/account", null, "session-1"],
                    ["click", "/account", "order.place", "session-1"],
                    ["page_view", "/portfolio", null, "session-1"],
                    ["click", "/portfolio", "withdraw.open", "session-2"],
                ],
            );
            for (const event of events) {
                assert.match(String(event["user_agent"]), /Chrom/);
                assert.deepEqual([event["ip"], event["channel"]], ["127.0.0.1", "browser"]);
                assert.deepEqual(userActions.problems(event), []);
            }
            assert.doesNotMatch(values.join(), /hunter2|secret|Buy 1 BTC/);
        });
    },
);
