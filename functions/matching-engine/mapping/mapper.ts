// From a foreign record to events of the catalogue, as a mapping says; a record that does not become one is told apart and accounted for.
import { type Declaration } from "../../../schema";
import { type AnyEvent } from "../../shared/publisher";
import { isTree, type KafkaMeta, type Scope, show, type Tree } from "../record";
import {
    compile,
    compileCondition,
    compileIgnore,
    type Expression,
    FieldError,
    listAt,
    type Result,
    UnmappedWordError,
} from "./expression";
import { type Mapping, type Rule } from "./load";
import { plain } from "./numbers";
import { type Origin, Pairs } from "./pairs";

/** An event with its fact. */
export interface MappedEvent {
    readonly declaration: Declaration;
    readonly event: AnyEvent;
}

/** Why a record, or one event of it, did not get through. */
export interface Problem {
    /** Fact it was meant for; undefined where no rule matches. */
    readonly fact: string | undefined;
    readonly reason: string;
    /** Words no map names, by foreign field. */
    readonly words: readonly UnmappedWordError[];
}

/** What became of a record. */
export interface Mapped {
    readonly events: readonly MappedEvent[];
    readonly problems: readonly Problem[];
    /** ignored: the mapping says so; waiting: the first half of a pair, or a list without elements. */
    readonly outcome: "mapped" | "ignored" | "waiting" | "unmatched" | "rejected";
}

/** A half of a pair that was given up. */
export interface LonelyHalf {
    readonly fact: string;
    readonly key: string;
    readonly origin: Origin;
}

interface CompiledRule {
    readonly rule: Rule;
    readonly matches: (scope: Scope) => boolean;
    readonly each: ((scope: Scope) => readonly Scope["item"][]) | undefined;
    readonly pair: { by: Expression; maker: (scope: Scope) => boolean; waiting: Pairs } | undefined;
    readonly columns: readonly CompiledColumn[];
}

interface CompiledColumn {
    readonly column: string;
    readonly give: Expression;
    readonly fit: (value: Result) => unknown;
    readonly required: boolean;
}

/** The wire value of a column from whatever notation the feed has. */
function fitting(type: string): (value: Result) => unknown {
    const number = (text: string): string => plain(text) ?? text;
    if (type.startsWith("Array")) return (value) => value;
    if (/Decimal/.test(type)) return (value) => (value === null ? null : number(String(value)));
    if (/UInt/.test(type)) return (value) => (value === null ? null : number(String(value)).replace(/\.0*$/, ""));
    if (/Bool/.test(type)) return (value) => (value === "true" ? true : value === "false" ? false : value);
    return (value) => (value === null || value === "" ? null : String(value));
}

function compileColumn({ columns }: Declaration, column: string, give: Expression): CompiledColumn {
    const { type = "", optional = true } = columns[column] ?? {};
    return { column, give, fit: fitting(type), required: !optional };
}

/**
 * What common columns are read from: the record itself, not the element of its list; of a pair always the taker's, whichever came last,
 * so that the same pair is the same event again.
 */
function recordScope(scope: Scope, paired: boolean): Scope {
    const { taker } = scope.root;
    const root = paired && isTree(taker) ? taker : scope.root;
    return { ...scope, root, item: root };
}

function compileRule(rule: Rule): CompiledRule {
    const { declaration, when, each, pair } = rule;
    return {
        rule,
        matches: compileCondition(when),
        each: each === undefined ? undefined : listAt(each),
        pair: pair && { by: compile(pair.by), maker: compileCondition(pair.maker), waiting: new Pairs() },
        columns: [
            ...Object.entries(rule.common).map(([column, shape]) => {
                const give = compile(shape);
                return compileColumn(declaration, column, (scope) => give(recordScope(scope, pair !== undefined)));
            }),
            ...Object.entries(rule.set).map(([column, shape]) => compileColumn(declaration, column, compile(shape))),
        ],
    };
}

/** A text that UTF-8 cannot say would be refused with the whole message it is in. */
const sayable = (value: unknown): boolean => typeof value !== "string" || value.isWellFormed();

/** Maps records one by one; keeps nothing but halves of pairs. */
export class Mapper {
    private readonly rules: readonly CompiledRule[];
    private readonly ignores: (scope: Scope) => boolean;
    /** Records seen. */
    private ordinal = 0;

    constructor(private readonly mapping: Mapping) {
        this.rules = mapping.rules.map(compileRule);
        this.ignores = compileIgnore(mapping.ignore);
    }

    /** What becomes of a record. Never throws for what is in it. */
    map(root: Tree, origin: Origin, kafka?: KafkaMeta): Mapped {
        const scope: Scope = { root, item: root, ...(kafka === undefined ? {} : { kafka }) };
        this.ordinal += 1;
        if (this.ignores(scope)) return { events: [], problems: [], outcome: "ignored" };
        const events: MappedEvent[] = [];
        const problems: Problem[] = [];
        let matched = false;
        for (const compiled of this.rules) {
            if (!compiled.matches(scope)) continue;
            matched = true;
            this.apply(compiled, scope, origin, events, problems);
        }
        if (!matched) problems.push({ fact: undefined, reason: "no rule matches it", words: [] });
        const outcome = !matched
            ? "unmatched"
            : problems.length > 0
              ? "rejected"
              : events.length > 0
                ? "mapped"
                : "waiting";
        return { events, problems, outcome };
    }

    /** Halves of pairs that wait. */
    get waiting(): number {
        return this.rules.reduce((sum, { pair }) => sum + (pair?.waiting.size ?? 0), 0);
    }

    /** Gives up halves that waited too long; `all` gives up every one, at the end of the input. */
    expire(all = false): LonelyHalf[] {
        return this.rules.flatMap(({ rule, pair }) =>
            (pair?.waiting.expire(all) ?? []).map((half) => ({ fact: rule.declaration.name, ...half })),
        );
    }

    /** Where the first waiting half of a partition came from: reading must go on there after a restart. */
    held(partition: string): Origin | undefined {
        const oldest = this.rules.flatMap(({ pair }) => pair?.waiting.oldest(partition) ?? []);
        return oldest.sort((a, b) => a.ordinal - b.ordinal)[0]?.origin;
    }

    private apply(
        compiled: CompiledRule,
        scope: Scope,
        origin: Origin,
        events: MappedEvent[],
        problems: Problem[],
    ): void {
        const fact = compiled.rule.declaration.name;
        const attempt = (run: () => void): void => {
            try {
                run();
            } catch (error) {
                if (!(error instanceof FieldError)) throw error;
                const words = error instanceof UnmappedWordError ? [error] : [];
                problems.push({ fact, reason: error.message, words });
            }
        };
        attempt(() => {
            const items = compiled.each === undefined ? [scope.item] : compiled.each(scope);
            for (const item of items)
                attempt(() => {
                    const whole = this.whole(compiled, { ...scope, item }, origin);
                    if (whole === undefined) return;
                    const made = this.event(compiled, whole);
                    if ("reason" in made) problems.push(made);
                    else events.push(made);
                });
        });
    }

    /** The scope an event is made from; undefined while half of it is missing. */
    private whole({ pair }: CompiledRule, scope: Scope, origin: Origin): Scope | undefined {
        if (pair === undefined) return scope;
        const key = pair.by(scope);
        if (key === null) throw new FieldError("pair.by: missing, so nothing to find the other half by");
        if (!isTree(scope.item)) throw new FieldError(`pair: expected an object, found ${show(scope.item)}`);
        const side = pair.maker(scope) ? "maker" : "taker";
        const met = pair.waiting.meet(String(key), side, scope.item, origin, this.ordinal);
        return met && { ...scope, root: met, item: met };
    }

    private event({ rule, columns }: CompiledRule, scope: Scope): MappedEvent | Problem {
        const { declaration } = rule;
        const reasons: string[] = [];
        const words: UnmappedWordError[] = [];
        const values: Record<string, unknown> = { source_id: this.mapping.source.id, origin: "live" };
        for (const { column, give, fit, required } of columns) {
            try {
                const value = fit(give(scope));
                if (value === null && required)
                    reasons.push(`${column}: nothing found, and ${declaration.name} needs it`);
                if (!sayable(value))
                    reasons.push(
                        `${column}: half of a surrogate pair, which UTF-8 cannot say, found ${show(String(value))}`,
                    );
                values[column] = value;
            } catch (error) {
                if (!(error instanceof FieldError)) throw error;
                if (error instanceof UnmappedWordError) words.push(error);
                reasons.push(`${column}: ${error.message}`);
            }
        }
        const event = { ...values, event_id: declaration.eventId(values) } as unknown as AnyEvent;
        if (reasons.length === 0) reasons.push(...declaration.problems(event));
        if (reasons.length > 0) return { fact: declaration.name, reason: reasons.join("; "), words };
        return { declaration, event };
    }
}
