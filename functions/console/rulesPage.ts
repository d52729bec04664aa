// The rules as they stand; a lead has one rest for a while, and ends that before its time.
import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { disable, enable, rightOf, type RuleNow, rulesNow } from "../cases/switching";
import { ahead, words } from "../cases/text";
import { atLeast, type Visit } from "./access";
import { html, type Html, type Content } from "./html";
import { type Column, field, guard, page, wideTable } from "./layout";
import { acts, fitting, sessionFor, shows } from "./routing";
import { type Services } from "./server";

const resting = z.object({ until: z.string().default(""), reason: z.string().default("") });
const target = z.object({ id: z.string().max(200) });

/** What a lead can do about a rule. */
function switchOf(visit: Visit, { rule: { id, mode }, off }: RuleNow): Content {
    if (!atLeast(visit.user.role, "lead") || mode === "off") return "";
    const post = (action: string, content: Content): Html =>
        html`<form method="post" action="/rules/${encodeURIComponent(id)}/${action}">${guard(visit)}${content}</form>`;
    if (off !== undefined) return post("enabled", html`<button aria-label="Switch ${id} on">Switch on</button>`);
    const fields = html`${field("until", "For (30m, 8h, 3d) or until (time with zone)", "8h")}
        <label>Reason <textarea name="reason" rows="2" maxlength="4000" required></textarea></label>
        <button aria-label="Switch ${id} off">Switch off</button>`;
    return html`<details>
        <summary aria-label="Switch ${id} off">Switch off …</summary>
        ${post("disabled", fields)}
    </details>`;
}

const remark = ({ off, error }: RuleNow): string =>
    off === undefined ? error : `off until ${off.until} UTC by ${off.author}: ${off.reason}`;

const row = (visit: Visit, now: RuleNow): Content[] => {
    const { rule, state, judgedTo, alertsOfDay } = now;
    return [
        html`<a class="name" href="/?rule=${encodeURIComponent(rule.id)}" title="${rule.title}">${rule.id}</a>
            v${rule.version}`,
        html`<span class="severity ${rule.severity}">${rule.severity}</span>`,
        ...[rule.owner, rule.mode, state, judgedTo],
        ...[alertsOfDay, rightOf(now), html`${remark(now)} ${switchOf(visit, now)}`],
    ];
};

const columns: readonly Column[] = [
    ...["Rule", "Severity", "Owner", "Mode", "State", "Judged to (UTC)"],
    ...[{ amounts: "Alerts, 24 h" }, { amounts: "Right of closed" }],
    "Remark",
];

const rulesPage = (visit: Visit, rules: readonly RuleNow[]): Html =>
    page(
        "Rules",
        visit,
        html`<p class="about">
                A rule that is switched off is not evaluated until then; what comes meanwhile it judges afterwards. A
                lead switches rules off and on.
            </p>
            ${wideTable(
                "Rules",
                columns,
                rules.map((each) => row(visit, each)),
            )}`,
    );

export function ruleRoutes(app: FastifyInstance, services: Services): void {
    shows(app, services, "/rules", async (_request, visit) => {
        const found = await rulesNow(services.reading);
        await sessionFor(services, visit).audit("console.rules", "rules");
        return rulesPage(visit, found);
    });
    const lead = (): "lead" => "lead";
    acts(app, services, "/rules/:id/disabled", lead, async (request, session) => {
        const { until, reason } = fitting(resting, request.body);
        await disable(session, fitting(target, request.params).id, ahead(until.trim()), words(reason));
        return "/rules";
    });
    acts(app, services, "/rules/:id/enabled", lead, async (request, session) => {
        await enable(session, fitting(target, request.params).id);
        return "/rules";
    });
}
