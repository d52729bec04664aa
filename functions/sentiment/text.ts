// Other people's text made plain: no markup, nothing invisible, a bounded length; and its hash, by which the same text is known again.
import { createHash } from "node:crypto";
import { Parser } from "htmlparser2";

/** Characters of a post that are kept; what follows is cut off. Articles are shorter, and what is longer is not read by anybody here. */
export const maxTextLength = 20_000;

/** Elements whose content is not text. */
const silent = new Set(["script", "style", "template", "noscript", "iframe", "svg", "math", "object"]);
/** Elements within a line; all others part words. */
const inline = new Set([
    "a",
    "abbr",
    "b",
    "code",
    "em",
    "font",
    "i",
    "mark",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
]);
/** Format characters (zero-width, bidirectional, tags), variation selectors and fillers: what a reader does not see may speak to a model. */
const invisible =
    /\p{Cf}|\u{34F}|\u{115F}|\u{1160}|\u{17B4}|\u{17B5}|\u{3164}|\u{FFA0}|[\u{FE00}-\u{FE0F}]|[\u{E0100}-\u{E01EF}]/gu;
const control = /[\p{Cc}\u2028\u2029]/gu;
const link = /\bhttps?:\/\/\S+|\bwww\.\S+/giu;

/** Text without markup; entities are decoded. */
export function withoutMarkup(html: string): string {
    const parts: string[] = [];
    let hidden = 0;
    const parser = new Parser({
        ontext: (text) => {
            if (hidden === 0) parts.push(text);
        },
        onopentagname: (name) => {
            if (silent.has(name)) hidden += 1;
            else if (!inline.has(name)) parts.push(" ");
        },
        onclosetag: (name) => {
            if (silent.has(name)) hidden = Math.max(0, hidden - 1);
            else if (!inline.has(name)) parts.push(" ");
        },
    });
    parser.end(html);
    return parts.join("");
}

/** One line of visible characters, at most `length` of them; never half of a character. */
export function tidy(text: string, length = maxTextLength): string {
    const visible = text.toWellFormed().replace(invisible, "").replace(control, " ").replace(/\s+/gu, " ").trim();
    return visible
        .slice(0, length)
        .toWellFormed()
        .replace(/\uFFFD$/u, "")
        .normalize("NFC");
}

/** A feed's HTML as plain text. */
export const plainText = (html: string): string => tidy(withoutMarkup(html));

/** Text for matching words: compatibility forms folded (bold mathematical letters, full width), links, addresses and handles blanked out. */
export function matchable(text: string): string {
    return text
        .normalize("NFKC")
        .replace(invisible, "")
        .replace(link, " ")
        .replace(/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+/gu, " ")
        .replace(/(?<!\p{L})@\w+/gu, " ")
        .replace(/[\u2018\u2019]/gu, "'");
}

/** SHA-256 of the words alone, so that another spelling of case, punctuation, spacing or links is the same text. */
export function textHash(title: string | undefined, body: string): string {
    const whole = `${title ?? ""} ${body}`;
    const words = matchable(whole)
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, " ")
        .trim();
    return createHash("sha256")
        .update(words === "" ? whole : words)
        .digest("hex");
}
