// How a score is made of components: saturating, weighted, what is missing left out and said. Weights are data: change them here or in the declarations
// beside it, with a new `version`; the days that are stored are then computed anew by themselves.

/** A part of a score. */
export interface Component {
    /** Share of the score when every component is known; those of a score add up to 1. */
    readonly weight: number;
    /** SQL of its absolute value, NULL where it is not known; more is worse, unless `fewer`. */
    readonly value: string;
    /** Value at which the component is at 63 of 100 (or, with `fewer`, down to 37). */
    readonly scale: number;
    /** Less is worse: depth. */
    readonly fewer?: true;
    readonly description: string;
    /** Where formula, weight and scale come from. */
    readonly source: string;
}

export type Components = Readonly<Record<string, Component>>;

/** A score whose known components weigh less is NULL: nothing is said of what is hardly known. */
export const leastCoverage = 0.5;

/** 0 to 100 of a component's value x: 100 (1 - e^(-x / scale)), or 100 e^(-x / scale) where less is worse; NULL of NULL. */
export function points({ scale, fewer }: Component, value: string): string {
    const rest = `exp(-greatest(toFloat64(${value}), 0) / ${String(scale)})`;
    return fewer ? `100 * ${rest}` : `100 * (1 - ${rest})`;
}

const known = (name: string, { weight }: Component): string => `if(isNull(${name}), 0, ${String(weight)})`;

/** SQL of the weights of what is known, 0 to 1; the components are columns. */
export const coverage = (components: Components): string =>
    `round(${Object.entries(components)
        .map(([name, one]) => known(name, one))
        .join(" + ")}, 6)`;

/**
 * SQL of what each known component adds to the score, Map(String, Float64); they add up to it, before its floor. Weights are divided by the coverage
 * (a column), so that what is missing is neither 0 nor 100.
 */
export const contributions = (components: Components): string =>
    `mapFilter((name, value) -> isNotNull(value), map(${Object.entries(components)
        .map(([name, one]) => `'${name}', round(${String(one.weight)} * ${points(one, name)} / nullIf(coverage, 0), 6)`)
        .join(", ")}))`;

/** SQL of the sum of contributions, 0 to 100, from the column `known` of them. */
export const sumOfContributions =
    "least(100, greatest(0, round(arraySum(arrayMap(value -> ifNull(value, 0), mapValues(known))), 6)))";

/** What a score's table holds of the components: their values as they are. */
export const described = ({ description, scale, weight }: Component): string =>
    `${description}; weight ${String(weight)}, scale ${String(scale)}`;
