// Silences: what is recorded and not sent for a while. An analyst makes them, each with an end, and ends them before it.
import { type FastifyInstance } from "fastify";
import { z } from "zod";
import { rules } from "../../schema/rules";
import { endSilence, silence, type Silence, silencesNow } from "../cases/silencing";
import { ahead, words } from "../cases/text";
import { atLeast, type Visit } from "./access";
import { type Content, html, type Html, value } from "./html";
import { anyOf, choice, field, guard, owners, page, severities, wideTable } from "./layout";
import { acts, fitting, given, sentText, sessionFor, shows } from "./routing";
import { type Services } from "./server";

const about = z.object({
    ...{ rule: sentText, entityKind: sentText, entity: sentText, owner: sentText, severity: sentText },
});
type About = z.output<typeof about>;
const silencing = about.extend({ until: z.string().default(""), reason: z.string().default("") });
const target = z.object({ id: z.string().max(200) });

const kinds = ["user", "account", "pair", "ring", "token"] as const;

/** A rule that is not declared any more stays as it was asked for, and is refused: left out, far more would be silenced. */
const ruleNames = (asked: string): string[] => [
    ...new Set([...rules.map(({ id }) => id), ...(asked === "" ? [] : [asked])]),
];

const makeForm = (visit: Visit, wanted: About): Html =>
    html`<section class="actions">
        <h2>Silence alerts</h2>
        <form method="post" action="/silences">
            ${guard(visit)} ${choice("rule", "Rule", wanted.rule, anyOf(ruleNames(wanted.rule)))}
            ${choice("entityKind", "Kind of entity", wanted.entityKind, anyOf(kinds))}
            ${field("entity", "Entity", wanted.entity)} ${choice("owner", "Owner", wanted.owner, anyOf(owners))}
            ${choice("severity", "Severity", wanted.severity, anyOf(severities))}
            ${field("until", "For (30m, 8h, 3d) or until (time with zone)", "8h")}
            <label>Reason <textarea name="reason" rows="2" maxlength="4000" required></textarea></label>
            <button>Silence</button>
        </form>
    </section>`;

const endForm = (visit: Visit, id: string): Content =>
    atLeast(visit.user.role, "analyst") &&
    html`<form method="post" action="/silences/${encodeURIComponent(id)}/ended">
        ${guard(visit)}<button aria-label="End ${id}">End</button>
    </form>`;

const row = (visit: Visit, each: Silence): Content[] => [
    ...[each.silence_id, each.kind, each.alerts === "" ? "all" : each.alerts],
    ...[each.starts.slice(0, 19), each.ends.slice(0, 19), each.author, each.reason],
    endForm(visit, each.silence_id),
];

const silencesPage = (visit: Visit, found: readonly Silence[], wanted: About): Html =>
    page(
        "Silences",
        visit,
        html`<p class="about">
                Alerts that fit are recorded and not sent, until the silence ends. A silence of all alerts is a
                maintenance window: npm run alerts -- silence add --maintenance.
            </p>
            ${
                found.length === 0
                    ? html`<p class="empty">Nothing is silenced.</p>`
                    : wideTable(
                          "Silences",
                          ["Silence", "Kind", "Alerts", "From (UTC)", "Until (UTC)", "By", "Reason", ""],
                          found.map((each) => row(visit, each)),
                      )
            }
            ${atLeast(visit.user.role, "analyst") && makeForm(visit, wanted)}`,
    );

/** Where a silence of such alerts is made. */
export const silenceAddress = (wanted: Partial<About>): Html =>
    value(`/silences?${new URLSearchParams(given(wanted)).toString()}`);

export function silenceRoutes(app: FastifyInstance, services: Services): void {
    shows(app, services, "/silences", async (request, visit) => {
        const wanted = fitting(about, request.query);
        const found = await silencesNow(services.reading);
        await sessionFor(services, visit).audit("console.silences", "silences", { found: String(found.length) });
        return silencesPage(visit, found, wanted);
    });
    const analyst = (): "analyst" => "analyst";
    acts(app, services, "/silences", analyst, async (request, session) => {
        const { until, reason, ...wanted } = fitting(silencing, request.body);
        const to = ahead(until.trim());
        await silence(session, { ...wanted, maintenance: false, from: new Date(), until: to, reason: words(reason) });
        return "/silences";
    });
    acts(app, services, "/silences/:id/ended", analyst, async (request, session) => {
        await endSilence(session, fitting(target, request.params).id);
        return "/silences";
    });
}
