// Alerts and dashboards as pages, and what can be done about an alert. Whatever shows personal data is in the audit log before it is shown.
import { type FastifyInstance, type FastifyRequest } from "fastify";
import { z } from "zod";
import { dashboards } from "../../schema/dashboards";
import { outcomes } from "../../schema/detection";
import { alertOf, evidenceOf, historyOfAlert } from "../cases/alert";
import { take, type Taken } from "../cases/lifecycle";
import { ahead, words } from "../cases/text";
import { alertPage, type Case } from "./alertPage";
import { dashboardPage } from "./dashboardPage";
import { read } from "./dashboards";
import { type Filters, inbox, inboxPage } from "./inbox";
import { acts, fitting, given, refused, sentText, sessionFor, shows } from "./routing";
import { type Services } from "./server";
import { rangeOf, type Span, spans } from "./span";
import { Problem } from "./visiting";

const filters = z.object({
    ...{ state: sentText, rule: sentText, severity: sentText, owner: sentText, entity: sentText, run: sentText },
    ...{ group: sentText, after: sentText },
});
const looking = z
    .object({
        span: z.enum(Object.keys(spans) as [Span, ...Span[]]).default("24h"),
        ...{ from: sentText, to: sentText, run: sentText, ask: sentText },
    })
    .catchall(z.string().max(20_000));
const step = z.object({
    note: z.string().default(""),
    outcome: z.enum(outcomes).optional(),
    until: z.string().optional(),
});
/** Steps that people take here, and who may. */
const takers = { acknowledged: "analyst", snoozed: "analyst", closed: "analyst", reopened: "lead" } as const;
const target = z.object({ id: z.string().max(200), action: z.enum(Object.keys(takers) as [keyof typeof takers]) });

async function caseOf({ reading }: Services, id: string): Promise<Case> {
    const found = await alertOf(reading, id).catch((error: unknown) => refused(error, 404));
    const [history, evidence] = await Promise.all([historyOfAlert(reading, id), evidenceOf(reading, found.alert)]);
    return { ...found, history, evidence };
}

function takenOf(request: FastifyRequest): Taken {
    const { id, action } = fitting(target, request.params);
    const { note, outcome, until } = fitting(step, request.body);
    if (action === "closed" && outcome === undefined) throw new Problem(400, "Choose how it ended.");
    const mustSay = action === "closed" || action === "reopened";
    return {
        alertId: id,
        action,
        note: mustSay || note.trim() !== "" ? words(note) : "",
        ...(action === "closed" && outcome && { outcome }),
        ...(action === "snoozed" && { until: ahead((until ?? "").trim()) }),
    };
}

function alertRoutes(app: FastifyInstance, services: Services): void {
    shows(app, services, "/", async (request, visit) => {
        const wanted: Filters = fitting(filters, request.query);
        const found = await inbox(services.reading, wanted);
        const said = { ...given({ ...wanted }), found: String(found.alerts.length) };
        await sessionFor(services, visit).audit("console.inbox", "alerts", said);
        return inboxPage(visit, wanted, found);
    });
    shows(app, services, "/alerts/:id", async (request, visit) => {
        const { id } = request.params as { id: string };
        const found = await caseOf(services, id);
        await sessionFor(services, visit).audit("console.alert", id);
        return alertPage(visit, found);
    });
    const least = (request: FastifyRequest): (typeof takers)[keyof typeof takers] =>
        takers[fitting(target, request.params).action];
    acts(app, services, "/alerts/:id/:action", least, async (request, session) => {
        const taken = takenOf(request);
        await take(session, taken);
        return `/alerts/${encodeURIComponent(taken.alertId)}`;
    });
}

function dashboardRoutes(app: FastifyInstance, services: Services): void {
    shows(app, services, "/dashboards/:id", async (request, visit) => {
        const { id } = request.params as { id: string };
        const dashboard = dashboards.find((each) => each.id === id);
        if (dashboard === undefined) throw new Problem(404, "There is no such dashboard.");
        const { span, from, to, run, ask, ...variables } = fitting(looking, request.query);
        const at = { ...rangeOf({ span, from, to }, Date.now()), run, ask, variables };
        const shown = await read(services.reading, dashboard, at);
        const about = shown.variables.map(({ name, value }) => `${name}:${value}`).join(" ");
        const said = given({ dashboard: id, span: from === "" ? span : "", from, to, run });
        await sessionFor(services, visit).audit("console.dashboard", about, said);
        return dashboardPage(visit, shown, at);
    });
}

export function pageRoutes(app: FastifyInstance, services: Services): void {
    alertRoutes(app, services);
    dashboardRoutes(app, services);
}
