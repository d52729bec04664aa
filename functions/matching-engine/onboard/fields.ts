// Which fields of a foreign record a mapping reads, told from the mapping alone, and which it does not.
import { type ConditionShape, type ExpressionShape } from "../mapping/shape";
import { type Mapping } from "../mapping/load";
import { isList, isTree, parsePath, type Scalar, type Value } from "../record";

/** Steps from the record's root; `*` stands for any element of a list. */
type Pattern = readonly string[];

function patternsOf(text: string, item: Pattern): Pattern[] {
    const { from, steps } = parsePath(text);
    if (from === "kafka") return [];
    return [from === "root" ? steps : [...item, ...steps]];
}

const inCondition = (shape: ConditionShape | undefined, item: Pattern): Pattern[] =>
    (shape ?? []).flatMap((tests) => Object.keys(tests).flatMap((field) => patternsOf(field, item)));

function inExpression(shape: ExpressionShape, item: Pattern): Pattern[] {
    const { field = [], first = [], join = [], sum = [], difference = [], levels, scale, when } = shape;
    const own = [...field, ...(typeof scale === "string" ? [scale] : [])].flatMap((text) => patternsOf(text, item));
    const parts = [...first, ...join, ...sum, ...difference].flatMap((part) => inExpression(part, item));
    const lists = levels === undefined ? [] : patternsOf(levels, item);
    const inLevels = lists.flatMap((list) =>
        [shape.price, shape.quantity].flatMap((part) => (part === undefined ? [] : inExpression(part, [...list, "*"]))),
    );
    return [...own, ...parts, ...inLevels, ...inCondition(when, item)];
}

function inRule(rule: Mapping["rules"][number]): Pattern[] {
    const item = rule.each === undefined ? [] : (patternsOf(rule.each, [])[0] ?? []).concat("*");
    const set = Object.values(rule.set).flatMap((shape) => inExpression(shape, rule.pair === undefined ? item : []));
    // Behind a pair the first step says whose half it is.
    const own = rule.pair === undefined ? set : set.map(([, ...rest]) => [...item, ...rest]);
    const pair =
        rule.pair === undefined ? [] : [...inExpression(rule.pair.by, item), ...inCondition(rule.pair.maker, item)];
    return [
        ...inCondition(rule.when, []),
        ...Object.values(rule.common).flatMap((shape) => inExpression(shape, [])),
        ...own,
        ...pair,
    ];
}

/** All fields a mapping reads. */
function patternsIn(mapping: Mapping): Pattern[] {
    const { sequence, clock, ignore, rules } = mapping;
    const counters = sequence === undefined ? [] : [sequence.field, ...(sequence.within ?? [])];
    return [
        ...counters.flatMap((text) => patternsOf(text, [])),
        ...(clock === undefined ? [] : inExpression(clock, [])),
        ...inCondition(ignore, []),
        ...rules.flatMap(inRule),
    ];
}

/** A single value of a record: where it is, and the same with list elements as `*`. */
interface Leaf {
    readonly literal: Pattern;
    readonly steps: Pattern;
    readonly value: Scalar;
}

function* leaves(value: Value, literal: Pattern = [], steps: Pattern = []): Generator<Leaf> {
    if (isList(value)) {
        for (const [index, item] of value.entries()) yield* leaves(item, [...literal, String(index)], [...steps, "*"]);
    } else if (isTree(value)) {
        for (const [name, item] of Object.entries(value)) yield* leaves(item, [...literal, name], [...steps, name]);
    } else if (value !== null) {
        yield { literal, steps, value };
    }
}

const covers = (pattern: Pattern, literal: Pattern): boolean =>
    pattern.length === literal.length && pattern.every((step, index) => step === "*" || step === literal[index]);

/** A field no expression or condition reads. */
export interface UnmappedField {
    readonly path: string;
    records: number;
    readonly example: string;
}

/** Collects the fields a mapping does not read. */
export class FieldCensus {
    private readonly patterns: readonly Pattern[];
    private readonly known = new Map<string, boolean>();
    private readonly found = new Map<string, UnmappedField>();

    constructor(mapping: Mapping) {
        this.patterns = patternsIn(mapping);
    }

    add(record: Value): void {
        for (const { steps, literal, value } of leaves(record)) {
            const spelled = literal.join("\n");
            const read = this.known.get(spelled) ?? this.patterns.some((pattern) => covers(pattern, literal));
            this.known.set(spelled, read);
            if (read) continue;
            const path = steps.map((step) => step.replaceAll(".", "\\.")).join(".");
            const field = this.found.get(path);
            if (field === undefined) this.found.set(path, { path, records: 1, example: String(value).slice(0, 40) });
            else field.records += 1;
        }
    }

    /** The most frequent first. */
    get unmapped(): UnmappedField[] {
        return [...this.found.values()].sort((a, b) => b.records - a.records || (a.path < b.path ? -1 : 1));
    }
}
