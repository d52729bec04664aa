// HTML as tagged templates: whatever is put into one is text, unless it was made by one.
import { shown } from "../cases/text";

/** Markup that is safe to send. */
export class Html {
    constructor(readonly markup: string) {}
}

/** What can be put into a template; false and undefined show nothing. */
export type Content = Html | string | number | false | undefined | readonly Content[];

const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "");

function rendered(content: Content): string {
    if (content === undefined || content === false) return "";
    if (content instanceof Html) return content.markup;
    if (typeof content === "object") return content.map(rendered).join("");
    return escaped(shown(String(content)));
}

/** A template. Text in it shows control, zero-width and direction characters as `\u{…}`: nobody reads what is not there. */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Html =>
    new Html(parts.map((part, index) => part + rendered(contents[index])).join(""));

/** The value of an attribute that comes back from a form: escaped, otherwise as it is. */
export const value = (text: string): Html => new Html(escaped(text));

const longest = 300;

/** Text for a list, cut where it is longer than a list can bear. */
export const clipped = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text);

/** A query string with `?`, of what is not empty. */
export function query(values: Readonly<Record<string, string | undefined>>): Html {
    const given = Object.entries(values).filter(([, each]) => each !== undefined && each !== "") as [string, string][];
    return value(given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`);
}
