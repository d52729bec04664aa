// RSS, Atom and RDF as posts: what an entry says, in the words of its format, made plain.
import { parseFeed } from "feedsmith";
import { type FoundPost } from "../post";
import { plainText, tidy } from "../text";

/** A feed's entries: posts, and how many were none, by reason. */
export interface ParsedFeed {
    readonly posts: FoundPost[];
    readonly skipped: Record<string, number>;
}

/** What the formats have in common; all of it is other people's text. */
interface Entry {
    id: string | undefined;
    link: string | undefined;
    date: unknown;
    title: string | undefined;
    text: string | undefined;
    author: string | undefined;
}

const maxAuthorLength = 200;
const maxTitleLength = 1_000;

type Parsed = ReturnType<typeof parseFeed>;
type Of<F extends Parsed["format"]> = Extract<Parsed, { format: F }>["feed"];

const rssEntries = (feed: Of<"rss">): Entry[] =>
    (feed.items ?? []).map((item) => ({
        id: item.guid?.value ?? item.link,
        link: item.link,
        date: item.pubDate ?? item.dc?.dates?.[0],
        title: item.title,
        text: item.content?.encoded ?? item.description,
        author: item.dc?.creators?.[0] ?? item.authors?.[0]?.name,
    }));

const atomEntries = (feed: Of<"atom">): Entry[] =>
    (feed.entries ?? []).map((entry) => {
        const links = entry.links ?? [];
        return {
            id: entry.id,
            link: (links.find(({ rel }) => rel === undefined || rel === "alternate") ?? links[0])?.href,
            date: entry.published ?? entry.updated,
            title: entry.title?.value,
            text: entry.content?.value ?? entry.summary?.value,
            author: entry.authors?.[0]?.name,
        };
    });

const rdfEntries = (feed: Of<"rdf">): Entry[] =>
    (feed.items ?? []).map((item) => ({
        id: item.rdf?.about ?? item.link,
        link: item.link,
        date: item.dc?.dates?.[0],
        title: item.title,
        text: item.content?.encoded ?? item.description,
        author: item.dc?.creators?.[0],
    }));

function entriesOf(parsed: Parsed): { entries: Entry[]; language: string | undefined } {
    switch (parsed.format) {
        case "rss":
            return { entries: rssEntries(parsed.feed), language: parsed.feed.language };
        case "atom":
            return { entries: atomEntries(parsed.feed), language: parsed.feed.xml?.lang };
        case "rdf":
            return { entries: rdfEntries(parsed.feed), language: undefined };
        case "json":
            return { entries: [], language: undefined };
    }
}

const some = (text: string): string | undefined => (text === "" ? undefined : text);

/** A link people may follow: http or https, relative ones by the feed's address. */
function webLink(link: string | undefined, base: string): string | undefined {
    if (link === undefined || !URL.canParse(link, base)) return undefined;
    const url = new URL(link, base);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

function post(entry: Entry, url: string | undefined, language: string | undefined): FoundPost | string {
    const time = typeof entry.date === "string" ? Date.parse(entry.date) : Number.NaN;
    // The time of a post is the post's own; a made-up one would be another at the next reading.
    if (Number.isNaN(time)) return "undated";
    const title = some(tidy(plainText(entry.title ?? ""), maxTitleLength));
    const body = some(plainText(entry.text ?? "")) ?? title;
    if (body === undefined) return "empty";
    return {
        id: tidy(entry.id ?? url ?? body),
        publishedAt: new Date(time),
        title,
        body,
        author: some(tidy(entry.author ?? "", maxAuthorLength)),
        url,
        language,
    };
}

/**
 * Reads a feed's text.
 * @param base The feed's address, for relative links.
 * @throws Error when it is no feed.
 */
export function readFeed(text: string, base: string): ParsedFeed {
    let parsed: Parsed;
    try {
        parsed = parseFeed(text);
    } catch (cause) {
        throw new Error(`not RSS, Atom or RDF, it begins with ${JSON.stringify(text.trimStart().slice(0, 60))}`, {
            cause,
        });
    }
    const { entries, language } = entriesOf(parsed);
    const iso = /^[a-z]{2}(?![a-z])/iu.exec(language ?? "")?.[0].toLowerCase();
    const posts: FoundPost[] = [];
    const skipped: Record<string, number> = {};
    for (const entry of entries) {
        const found = post(entry, webLink(entry.link, base), iso);
        if (typeof found === "string") skipped[found] = (skipped[found] ?? 0) + 1;
        else posts.push(found);
    }
    return { posts, skipped };
}

/** The encoding an XML declaration names, e.g. windows-1251: feeds without a charset in their content-type. */
export const declaredEncoding = (bytes: Buffer): string | undefined =>
    /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/u.exec(bytes.subarray(0, 200).toString("latin1"))?.[1];
