// Proves, in a real browser before a real ClickHouse: whoever has a token logs in with the keyboard alone; every page renders without an error of its script or of
// the content policy, charts are drawn, and none is wider than a phone; hostile names run nothing; an alert is acknowledged and closed by its buttons, those of
// an entity are opened by the keyboard, alerts are silenced and a rule is switched off by their forms.
// Screenshots of each page, dark and light, go to the folder in CONSOLE_SCREENSHOTS for people to look at. Without Chromium it is skipped, and says so.
// Does not prove: that a page looks good, other browsers.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { dashboards } from "../../../schema/dashboards";
import { type Role } from "../../../functions/console/access";
import { Showing } from "./showing";

const chromium = ["chromium", "chromium-browser", "google-chrome"]
    .map((name) => spawnSync("which", [name], { encoding: "utf8" }).stdout.trim())
    .find((path) => path !== "");
const phone = { width: 390, height: 844 };
/** Run in the page: its width, its title, and how many charts are not drawn. */
const seen = `[document.documentElement.scrollWidth, document.title,
    [...document.querySelectorAll("[data-lines]")].filter((each) => !each.querySelector("canvas")).length]`;
const desk = { width: 1_280, height: 900 };

(chromium === undefined ? describe.skip : describe)(
    `console in a browser${chromium === undefined ? " (no Chromium here: apt-get install chromium)" : ""}`,
    function () {
        this.timeout(120_000);
        const showing = Showing.use();
        const problems: string[] = [];
        let browser: Browser;
        let page: Page;

        /** Takes a picture where somebody wants one. */
        const picture = async (name: string): Promise<void> => {
            const folder = process.env["CONSOLE_SCREENSHOTS"];
            if (folder === undefined) return;
            mkdirSync(folder, { recursive: true });
            await page.screenshot({ path: join(folder, `${name}.png`) });
        };
        const open = async (path: string): Promise<void> => {
            const answer = await page.goto(showing.url + path, { waitUntil: "networkidle0" });
            assert.equal(answer?.status(), 200, path);
        };
        const press = async (button: string): Promise<void> => {
            await Promise.all([page.waitForNavigation(), page.locator(`::-p-xpath(//button[.="${button}"])`).click()]);
        };

        const comeIn = async (role: Role): Promise<void> => {
            await page.keyboard.type(Showing.tokenOf(role));
            await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
        };
        const text = async (): Promise<string> => String(await page.evaluate("document.body.textContent"));

        before(async () => {
            browser = await puppeteer.launch({
                executablePath: chromium ?? "",
                args: ["--no-sandbox", "--disable-dev-shm-usage"],
            });
            page = await browser.newPage();
            await page.setViewport(desk);
            page.on("console", (message) => {
                if (message.type() === "error" || message.type() === "warn") problems.push(message.text());
            });
            page.on("pageerror", (error) => problems.push(String(error)));
            page.on("dialog", (dialog) => {
                problems.push("a dialog: markup has run");
                void dialog.dismiss();
            });
            await showing.storeAlerts(5, { run: "grouped", prefix: "g", entity: "one" });
            await open("/login");
            await picture("login");
            await comeIn("analyst");
        });
        after(() => browser.close());
        beforeEach(() => problems.splice(0));
        afterEach(() => assert.deepEqual(problems, []));

        const paths = [
            ["inbox", "/"],
            ["grouped", "/?run=grouped"],
            ["alert", "/alerts/a1"],
            ["rules", "/rules"],
            ["silences", "/silences?rule=structuring"],
            ...dashboards.map(({ id }) => [id, `/dashboards/${id}?span=6h`] as const),
        ] as const;
        for (const [name, path] of paths)
            for (const scheme of ["light", "dark"] as const)
                it(`shows ${name}, ${scheme}`, async () => {
                    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
                    for (const [screen, viewport] of Object.entries({ desk, phone })) {
                        await page.setViewport(viewport);
                        await open(path);
                        const [wide, title, undrawn] = (await page.evaluate(seen)) as [number, string, number];
                        assert.ok(wide <= viewport.width, `${path} is ${String(wide)} wide on ${screen}`);
                        assert.match(title, / · Trading monitor$/);
                        assert.equal(undrawn, 0);
                        await picture(`${name}-${scheme}-${screen}`);
                    }
                });

        it("leads by keyboard past the navigation", async () => {
            await open("/");
            await page.keyboard.press("Tab");
            assert.equal(await page.evaluate("document.activeElement.textContent"), "Skip to content");
            await page.keyboard.press("Enter");
            assert.equal(await page.evaluate("document.activeElement.id"), "main");
        });

        it("acknowledges and closes an alert by its buttons", async () => {
            await page.setViewport(desk);
            await open("/alerts/a5");
            await press("Acknowledge");
            assert.match(await text(), /acknowledged, since [^<]* by analyst/);
            await page.locator('form[action$="/closed"] textarea').fill("bought by mistake");
            await page.select('form[action$="/closed"] select', "false_positive");
            await press("Close");
            assert.match(await text(), /closed: false_positive, since [^<]* by analyst/);
            await picture("closed");
        });

        it("opens the other alerts of an entity by the keyboard", async () => {
            await open("/?run=grouped");
            const seen = (): Promise<unknown> =>
                page.evaluate(
                    `[...document.querySelectorAll("details a")].filter((each) => each.checkVisibility()).length`,
                );
            assert.equal(await seen(), 0);
            await page.focus("summary");
            await page.keyboard.press("Enter");
            assert.equal(await seen(), 4);
            await picture("grouped-open");
            await page.keyboard.press("Tab");
            await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
            assert.match(page.url(), /\/alerts\/g1$/);
        });

        it("silences alerts by the form, and ends that", async () => {
            await open("/silences?rule=structuring&entityKind=user&entity=one");
            await page.locator('form[action="/silences"] textarea').fill("known trader");
            await press("Silence");
            assert.match(await text(), /structuring user one[^]*analyst[^]*known trader/);
            await picture("silenced");
            await press("End");
            assert.match(await text(), /Nothing is silenced/);
        });

        it("has a lead switch a rule off and on", async () => {
            await press("Log out");
            await page.focus('input[name="token"]');
            await comeIn("lead");
            await open("/rules");
            await page.focus("summary");
            await page.keyboard.press("Enter");
            await page.locator("details[open] textarea").fill("geo database is wrong");
            await picture("switching-off");
            await Promise.all([page.waitForNavigation(), page.locator("details[open] button").click()]);
            assert.match(await text(), /off until .* UTC by lead: geo database is wrong/);
            await press("Switch on");
            assert.doesNotMatch(await text(), /off until/);
        });
    },
);
