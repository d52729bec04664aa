// What all pages have in common.
import { dashboards } from "../../schema/dashboards";
import { type Visit } from "./access";
import { type Content, html, type Html, value } from "./html";

/** A page in its frame. Without a visit there is no navigation: nobody has come in yet. */
export function page(title: string, visit: Visit | undefined, content: Content): Html {
    return html`<!doctype html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>${title} · Trading monitor</title>
                <link rel="icon" href="/assets/icon.svg" />
                <link rel="stylesheet" href="/assets/uPlot.min.css" />
                <link rel="stylesheet" href="/assets/console.css" />
                <script src="/assets/uPlot.iife.min.js" defer></script>
                <script src="/assets/charts.js" defer></script>
            </head>
            <body>
                <a class="skip" href="#main">Skip to content</a>
                ${visit && navigation(visit, title)}
                <main id="main" tabindex="-1">
                    <h1>${title}</h1>
                    ${content}
                </main>
            </body>
        </html> `;
}

function navigation(visit: Visit, title: string): Html {
    const links = [
        ["/", "Alerts"] as const,
        ["/rules", "Rules"] as const,
        ["/silences", "Silences"] as const,
        ...dashboards.map((each) => [`/dashboards/${each.id}`, each.title] as const),
    ];
    return html`<header>
        <nav aria-label="Pages">
            <ul>
                ${links.map(([to, name]) => html`<li><a href="${to}" ${name === title && html` aria-current="page"`}>${name}</a></li>`)}
            </ul>
        </nav>
        <form method="post" action="/logout">
            ${guard(visit)}<span>${visit.user.name} (${visit.user.role})</span> <button>Log out</button>
        </form>
    </header>`;
}

/** Words that alerts are sorted by. */
export const severities = ["critical", "high", "medium", "low", "info"] as const;
export const owners = ["surveillance", "fraud", "operations"] as const;

/** Choices of a field that may be left open. */
export const anyOf = (words: readonly string[]): (readonly [string, string])[] => [
    ["", "any"],
    ...words.map((each) => [each, each] as const),
];

/** The hidden field without which no action is taken. */
export const guard = ({ csrf }: Visit): Html => html`<input type="hidden" name="csrf" value="${value(csrf)}" />`;

/** A labelled field of choices. */
export const choice = (
    name: string,
    label: string,
    chosen: string,
    options: readonly (readonly [string, string])[],
): Html =>
    html`<label
        >${label}
        <select name="${name}">
            ${options.map(([each, shown]) => html`<option value="${value(each)}" ${each === chosen && html` selected`}>${shown}</option>`)}
        </select></label
    >`;

/** A labelled field of text. */
export const field = (name: string, label: string, text: string): Html =>
    html`<label>${label} <input name="${name}" value="${value(text)}" autocomplete="off" /></label>`;

/** A labelled field of a time in UTC; as text, since a browser's own field for times has its reader's zone and order. */
export const moment = (name: string, label: string, text: string): Html =>
    html`<label
        >${label}
        <input name="${name}" value="${value(text)}" placeholder="YYYY-MM-DD hh:mm" size="16" autocomplete="off"
    /></label>`;

/** A column of a table by its title; amounts stand below one another by their last digit. */
export type Column = string | { readonly amounts: string };

const alignment = (column: Column): Html | false => typeof column === "object" && html` class="number"`;

/** A table that scrolls by itself where it is wider than the screen. */
export const wideTable = (label: string, columns: readonly Column[], rows: readonly (readonly Content[])[]): Html =>
    html`<div class="wide" tabindex="0" role="region" aria-label="${label}">
        <table>
            <thead>
                <tr>
                    ${columns.map((each) => html`<th scope="col" ${alignment(each)}>${typeof each === "object" ? each.amounts : each}</th>`)}
                </tr>
            </thead>
            <tbody>
                ${rows.map(
                    (row) =>
                        html`<tr>
                            ${columns.map((each, index) => html`<td${alignment(each)}>${row[index]}</td>`)}
                        </tr>`,
                )}
            </tbody>
        </table>
    </div>`;

/** The form to come in. `tokenFile`: where a stack without users has its token, for whoever may read it there. */
export const loginPage = (tokenFile?: string, problem?: string): Html =>
    page(
        "Log in",
        undefined,
        html`${problem && html`<p role="alert" class="problem">${problem}</p>`}
            ${tokenFile !== undefined && html`<p>No users are configured: the token is in ${tokenFile}</p>`}
            <form method="post" action="/login" class="stack">
                <label
                    >Token <input type="password" name="token" required autofocus autocomplete="current-password"
                /></label>
                <button>Log in</button>
            </form>`,
    );

/** What went wrong, and what to do. */
export const problemPage = (status: number, problem: string, visit?: Visit): Html =>
    page(
        `Error ${String(status)}`,
        visit,
        html`<p role="alert" class="problem">${problem}</p>
            <p><a href="/">To the alerts</a></p>`,
    );
