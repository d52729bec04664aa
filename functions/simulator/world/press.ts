// What is written about tokens: a steady murmur with its daily rhythm, and whatever a scenario adds to it.
import { createHash } from "node:crypto";
import { sentimentScores } from "../../../schema/facts/sentimentScores";
import { socialPosts } from "../../../schema/facts/socialPosts";
import { type Body, type Journal } from "../core/journal";
import { type Draw } from "../core/random";
import { type Play, type Schedule } from "../core/schedule";
import { day, hour, iso, second } from "../core/time";
import { type Instrument } from "../venue/instruments";
import { type Mood, phrases } from "./phrases";

/** Where posts appear. */
export interface Source {
    readonly name: string;
    readonly class: Body<typeof socialPosts>["source_class"];
    readonly weight: number;
    readonly authors: number;
}

/** The sources of the simulation, invented like its tokens. */
export const sources: readonly Source[] = [
    { name: "sim-chirp", class: "social", weight: 50, authors: 4_000 },
    { name: "sim-plaza", class: "social", weight: 25, authors: 2_000 },
    { name: "sim-forum", class: "forum", weight: 15, authors: 600 },
    { name: "sim-newswire", class: "news", weight: 6, authors: 25 },
    { name: "sim-blog", class: "blog", weight: 4, authors: 40 },
];

const moods: readonly { mood: Mood; weight: number }[] = [
    { mood: "negative", weight: 22 },
    { mood: "neutral", weight: 48 },
    { mood: "positive", weight: 30 },
];
/** Posts per hour of a token of weight 1, and their spread between night and day. */
const postsPerHour = 0.8;
const rhythm = 0.4;
/** Scores of a mood lie in these ranges, in thousandths. */
const scoreRange = { negative: [-950, -350], neutral: [-150, 150], positive: [350, 950] } as const;

const thousandths = (value: number): string => `${value < 0 ? "-" : ""}0.${String(Math.abs(value)).padStart(3, "0")}`;

/** Writes posts, and their scores where nobody else in the stack scores them. */
export class Press {
    private posts = 0;

    constructor(
        private readonly schedule: Schedule,
        private readonly journal: Journal,
        private readonly draw: Draw,
        private readonly scores: boolean,
    ) {}

    /** The usual posts on a token, as a Poisson process that follows the hour of the day. */
    *murmur(instrument: Instrument): Play {
        const draw = this.draw.fork(instrument.symbol);
        const mean = hour / (postsPerHour * Math.sqrt(instrument.weight) * 3);
        for (;;) {
            const phase = ((this.schedule.now % day) / day) * 2 * Math.PI;
            yield draw.exponential(mean / (1 + rhythm * Math.sin(phase)));
            this.post(instrument, draw.weighted(moods).mood, draw.weighted(sources), draw);
        }
    }

    /** Somebody writes something about a token now. */
    post(instrument: Instrument, mood: Mood, source: Source, draw: Draw): void {
        const [first, second] = phrases[mood];
        const body = `${draw.pick(first).replace("{token}", instrument.base)}, ${draw.pick(second)} #${String(draw.int([1, 9_999]))}`;
        const id = `p${String(++this.posts)}`;
        const token = instrument.base;
        this.journal.add(socialPosts, {
            post_id: id,
            source: source.name,
            source_class: source.class,
            author: `author-${String(draw.int([1, source.authors]))}`,
            author_followers: String(Math.round(draw.logNormal(300, 1.5))),
            language: "en",
            title: null,
            body,
            url: `https://${source.name}.example/${id}`,
            text_hash: createHash("sha256").update(body.toLowerCase()).digest("hex"),
            token,
            link_confidence: "1.000",
        });
        if (this.scores) this.score({ post: id, source, token, mood }, draw);
    }

    private score(of: { post: string; source: Source; token: string; mood: Mood }, draw: Draw): void {
        this.journal.add(sentimentScores, {
            source: of.source.name,
            post_id: of.post,
            token: of.token,
            model: "simulator",
            prompt_version: "1",
            scored_at: iso(this.schedule.now + draw.int([second, 10 * second])),
            label: of.mood,
            score: thousandths(draw.int(scoreRange[of.mood])),
            confidence: thousandths(draw.int([600, 990])),
        });
    }
}
