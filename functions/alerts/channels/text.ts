// Text of strangers on its way to other people's screens: it stays text, and nothing in it is hidden.

/** Control characters, invisible and direction-changing ones (a right-to-left override makes `gpj.exe` of `exe.jpg`), line separators, halves of surrogate pairs. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Shows characters that cannot be seen by their number, e.g. [U+202E]. */
export const visible = (text: string): string =>
    text.replace(unseen, (char) => `[U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`);

/** At most `max` UTF-16 units, the last of them an ellipsis where something was cut; no character is cut in two. */
export function shorten(text: string, max: number): string {
    if (text.length <= max) return text;
    const cut = text.slice(0, max - 1);
    return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}

/** Escapes what Slack and HTML take for markup; both read these three entities (docs.slack.dev, "Escaping text"; Telegram Bot API, "HTML style"). */
export const escaped = (text: string): string =>
    text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
