// A dashboard as a page: each panel as its kind says.
import { type Panel, type Unit } from "../../schema/dashboards";
import { type Visit } from "./access";
import { type Answered, type Looking, type Row, type Shown } from "./dashboards";
import { clipped, html, type Html, query, value } from "./html";
import { choice, type Column, field, moment, page, wideTable } from "./layout";
import { spans } from "./span";

const names: Partial<Record<Unit, string>> = { usd: "reporting currency", bps: "basis points", none: "" };
const unitName = (unit: Unit): string => names[unit] ?? unit;
const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const shares = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** A number of a panel, for people. */
export const figure = (unit: Unit, amount: number): string => (unit === "share" ? shares : numbers).format(amount);

const text = (cell: Row[string] | undefined): string => (cell === null || cell === undefined ? "" : String(cell));

/** Name, and a dashboard's address with one of its variables set; time and run stay as they are. */
const linked = ({ links = [] }: Panel, column: string, cell: string, looking: Looking): Html => {
    if (cell !== "" && column === "alert_id")
        return html`<a href="/alerts/${encodeURIComponent(cell)}">${cell.slice(0, 12)}</a>`;
    const link = links.find((each) => each.column === column);
    if (link === undefined || cell === "") return html`${clipped(cell)}`;
    const { span, from, to, run } = looking;
    return html`<a href="/dashboards/${link.dashboard}${query({ span, from, to, run, [link.variable]: cell })}"
        >${clipped(cell)}</a
    >`;
};

/** Whether a column holds amounts, which stand below one another by their last digit; names that happen to be digits are no amounts. */
export const isAmount = ({ panel: { links = [] }, rows }: Answered, column: string): boolean =>
    !/(^|_)id$/.test(column) &&
    !links.some((each) => each.column === column) &&
    rows.some((row) => text(row[column]) !== "") &&
    rows.every((row) => typeof row[column] === "number" || /^(-?\d+(\.\d+)?)?$/.test(text(row[column])));

function tableOf(answer: Answered, looking: Looking): Html {
    const { panel, rows } = answer;
    const names = Object.keys(rows[0] ?? {});
    const titled = (name: string): Column => {
        const title = name.replaceAll("_", " ");
        return isAmount(answer, name) ? { amounts: title } : title;
    };
    return wideTable(
        panel.title,
        names.map(titled),
        rows.map((row) => names.map((name) => linked(panel, name, text(row[name]), looking))),
    );
}

function barsOf({ panel, rows }: Answered): Html {
    const most = Math.max(0, ...rows.map((row) => Number(row["value"])));
    return html`<div class="wide" tabindex="0" role="region" aria-label="${panel.title}">
        <table class="bars">
            <tbody>
                ${rows.map(
                    (row) =>
                        html`<tr>
                            <th scope="row">${clipped(text(row["label"]))}</th>
                            <td>
                                <meter min="0" max="${most === 0 ? 1 : most}" value="${Number(row["value"])}"></meter>
                            </td>
                            <td class="number">${figure(panel.unit, Number(row["value"]))}</td>
                        </tr>`,
                )}
            </tbody>
        </table>
    </div>`;
}

/** Rows shown as numbers under a chart. */
const lastRows = 100;

/** For the chart's script: seconds since 1970 and one list of values a series, null where it has none. */
export function seriesOf(rows: readonly Row[]): {
    times: number[];
    series: { name: string; values: (number | null)[] }[];
} {
    const seconds = (row: Row): number => Date.parse(`${text(row["time"]).replace(" ", "T")}Z`) / 1_000;
    const times = [...new Set(rows.map(seconds))].sort((one, other) => one - other);
    const position = new Map(times.map((each, index) => [each, index]));
    const series = new Map<string, (number | null)[]>();
    for (const row of rows) {
        const name = text(row["series"]);
        const values = series.get(name) ?? times.map(() => null);
        values[position.get(seconds(row)) ?? 0] = row["value"] === null ? null : Number(row["value"]);
        series.set(name, values);
    }
    return { times, series: [...series].map(([name, values]) => ({ name, values })) };
}

const linesOf = (answer: Answered, looking: Looking): Html =>
    html`<div
            class="chart"
            data-lines="${value(JSON.stringify(seriesOf(answer.rows)))}"
            data-from="${looking.fromMs / 1_000}"
            data-to="${looking.toMs / 1_000}"
            role="img"
            aria-label="${answer.panel.title}; the numbers follow"
        ></div>
        <details>
            <summary>Numbers</summary>
            ${tableOf({ ...answer, rows: answer.rows.slice(-lastRows) }, looking)}
        </details>`;

function body(answer: Answered, looking: Looking): Html {
    const { panel, rows, problem, waiting } = answer;
    if (waiting) {
        const { span, from, to, run, variables } = looking;
        const asked = query({ span, from, to, run, ...variables, ask: panel.id });
        return html`<p><a href="${asked}#${panel.id}">Ask now</a>: it reads much and may take a while.</p>`;
    }
    if (problem !== undefined) return html`<p role="alert" class="problem">It could not be read: ${problem}</p>`;
    if (rows.length === 0) return html`<p class="empty">Nothing in this time.</p>`;
    if (panel.kind === "table") return tableOf(answer, looking);
    if (panel.kind === "bars") return barsOf(answer);
    if (panel.kind === "lines") return linesOf(answer, looking);
    return html`<p class="stat">${figure(panel.unit, Number(rows[0]?.["value"]))}</p>`;
}

const panelOf = (answer: Answered, looking: Looking): Html => {
    const unit = unitName(answer.panel.unit);
    return html`<section class="panel ${answer.panel.kind}" id="${answer.panel.id}">
        <h2>${answer.panel.title}${unit !== "" && html` <small>${unit}</small>`}</h2>
        <p class="about">${answer.panel.description}</p>
        ${body(answer, looking)}
    </section>`;
};

const variableField = ({ name, title, value: chosen, options }: Shown["variables"][number]): Html =>
    html`<label>${title} <input name="${name}" value="${value(chosen)}" list="of-${name}" autocomplete="off" /></label>
        <datalist id="of-${name}">${options.map((each) => html`<option value="${value(each)}"></option>`)}</datalist>`;

const minuteOf = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");

/** The page. */
export function dashboardPage(visit: Visit, { dashboard, variables, panels }: Shown, looking: Looking): Html {
    const choices = Object.keys(spans).map((each) => [each, `last ${each}`] as const);
    return page(
        dashboard.title,
        visit,
        html`<p class="about">${dashboard.description}</p>
            <form method="get" action="/dashboards/${dashboard.id}" class="filters" aria-label="What is looked at">
                ${choice("span", "Time", looking.span, choices)} ${moment("from", "or from (UTC)", looking.from)}
                ${moment("to", "to (UTC, empty: now)", looking.to)} ${field("run", "Run (empty: live)", looking.run)}
                ${variables.map(variableField)}
                <button>Show</button>
                <span class="about">${minuteOf(looking.fromMs)} to ${minuteOf(looking.toMs)} UTC</span>
            </form>
            <div class="panels">${panels.map((each) => panelOf(each, looking))}</div>`,
    );
}
