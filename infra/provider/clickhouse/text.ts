// Pure: just enough of ClickHouse's grammar to take a server's own statements apart; quotes and brackets are respected.

/** Every character outside quotes, with the number of brackets around it (an opening bracket counts as outside itself). */
function* scan(text: string): Generator<{ at: number; depth: number }> {
    let depth = 0;
    let quote = "";
    for (let at = 0; at < text.length; at++) {
        const char = text.charAt(at);
        if (quote !== "") {
            if (char === "\\") at++;
            else if (char === quote) quote = "";
            continue;
        }
        if (char === ")" || char === "]") depth--;
        yield { at, depth };
        if (char === "(" || char === "[") depth++;
        if (char === "'" || char === "`" || char === '"') quote = char;
    }
}

const topLevel = (text: string): number[] => [...scan(text)].filter(({ depth }) => depth === 0).map(({ at }) => at);

/** Parts between top-level separators, trimmed; an empty text has none. */
export function split(text: string, separator = ","): string[] {
    const cuts = topLevel(text).filter((at) => text.startsWith(separator, at));
    const starts = [0, ...cuts.map((at) => at + separator.length)];
    return starts
        .map((start, index) => text.slice(start, cuts[index] ?? text.length).trim())
        .filter((part) => part !== "");
}

/** The text after each keyword, up to the next one; keywords count at top level only, each at its first place. */
export function clauses(text: string, keywords: readonly string[]): Partial<Record<string, string>> {
    const padded = ` ${text}`;
    const found = new Map<string, number>();
    for (const at of topLevel(padded)) {
        const keyword = keywords.find((word) => padded.startsWith(` ${word} `, at));
        if (keyword !== undefined && !found.has(keyword)) found.set(keyword, at);
    }
    const places = [...found.values(), padded.length];
    return Object.fromEntries(
        [...found].map(([keyword, at], index) => [
            keyword,
            padded.slice(at + keyword.length + 2, places[index + 1]).trim(),
        ]),
    );
}

/** What the first bracket holds, and what follows it; undefined if there is none. */
export function bracket(text: string): { inside: string; after: string } | undefined {
    const places = topLevel(text);
    const open = places.find((at) => text.charAt(at) === "(");
    const close = places.find((at) => open !== undefined && at > open);
    if (open === undefined || close === undefined) return undefined;
    return { inside: text.slice(open + 1, close), after: text.slice(close + 1) };
}

/** A name or text without the quotes around it. */
export function unquoted(text: string): string {
    const quote = text.charAt(0);
    const isQuoted = ["'", "`", '"'].includes(quote) && text.length > 1 && text.endsWith(quote);
    return isQuoted ? text.slice(1, -1).replace(/\\(.)/g, "$1") : text;
}

/** The same with every run of white space outside quotes as one blank, and none beside brackets and before commas. */
export function squeezed(text: string): string {
    return text
        .split(/('(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`)/)
        .map((part, index) =>
            index % 2 === 1
                ? part
                : part
                      .replace(/\s+/g, " ")
                      .replace(/ ?([()]) ?/g, "$1")
                      .replace(/ ?, ?/g, ", "),
        )
        .join("")
        .trim();
}
