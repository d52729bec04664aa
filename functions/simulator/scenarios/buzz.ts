// What is said about a token: a wave of bad words, and, as a decoy, the noise of a good day.
import { type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { minute, second } from "../core/time";
import { type Instrument } from "../venue/instruments";
import { type Mood } from "../world/phrases";
import { type Source, sources } from "../world/press";
import { type Scenario, type Stage } from "./stage";

/** How a wave of posts is. */
interface Wave {
    readonly posts: Range;
    readonly lasting: Range;
    readonly mood: Mood;
    /** Share of the posts that have this mood; the rest is neutral. */
    readonly purity: Range;
    /** Price move that goes with it. */
    readonly move: Range;
}

const negative: Wave = {
    posts: [25, 90],
    lasting: [8 * minute, 25 * minute],
    mood: "negative",
    purity: [0.75, 1],
    move: [-0.05, 0],
};
const hype: Wave = {
    posts: [40, 150],
    lasting: [10 * minute, 30 * minute],
    mood: "positive",
    purity: [0.85, 0.97],
    move: [0.01, 0.08],
};
const steps = 10;

/** Posts of a wave, most of them in its middle; between them the price moves. */
function* wave(stage: Stage, token: Instrument, { posts, lasting, mood, purity, move }: Wave): Play {
    const { draw, world } = stage;
    const count = draw.scale(posts);
    const length = draw.between(lasting);
    const share = draw.between(purity);
    const step = (1 + draw.between(move)) ** (1 / steps) - 1;
    const social: readonly Source[] = sources;
    for (let n = 0; n < steps; n++) {
        world.price(token).shock(step);
        const here = Math.round((count / steps) * (0.5 + Math.sin((Math.PI * (n + 0.5)) / steps)) * 0.88);
        const pauses = Array.from({ length: here }, () => draw.float()).sort((a, b) => a - b);
        let at = 0;
        for (const next of pauses) {
            yield (next - at) * (length / steps);
            at = next;
            world.press.post(token, draw.chance(share) ? mood : "neutral", draw.weighted(social), draw);
        }
        yield (1 - at) * (length / steps);
    }
}

function* buzz(stage: Stage, kind: Wave): Play {
    const token = stage.token();
    stage.concernsToken(token);
    yield stage.draw.int([second, minute]);
    yield* wave(stage, token, kind);
}

export const scenarios: readonly Scenario[] = [
    {
        name: "negative_buzz",
        class: "scenario",
        summary: "A wave of negative posts on one token, by many authors on several networks",
        minutes: 30,
        play: (stage) => buzz(stage, negative),
    },
    {
        name: "listing_day_hype",
        class: "decoy",
        summary: "A wave of posts on one token that are not negative, while its price rises",
        minutes: 35,
        play: (stage) => buzz(stage, hype),
    },
];
