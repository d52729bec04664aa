// Reads a mapping file and refuses it with a list of everything that is wrong in it: file, line, path, and the value found.
import { readFileSync } from "node:fs";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { catalogue, type Declaration } from "../../../schema";
import {
    columns as columnsShape,
    type ExpressionShape,
    mappingShape,
    type MappingShape,
    rule as ruleShape,
    type RuleShape,
} from "./shape";

/** The mapping file does not fit; the message names every bad place. */
export class MappingError extends Error {
    override readonly name = "MappingError";
}

/** A mapping that fits the catalogue. */
export interface Mapping extends Omit<MappingShape, "events"> {
    readonly file: string;
    readonly rules: readonly Rule[];
}

/** A rule with its fact's declaration. */
export interface Rule extends Omit<RuleShape, "fact"> {
    readonly declaration: Declaration;
    /** The common columns its fact has and `set` does not fill; read from the record itself, or the taker's of a pair. */
    readonly common: Readonly<Record<string, ExpressionShape>>;
}

type Place = readonly (string | number)[];

interface Problem {
    readonly at: Place;
    readonly message: string;
    readonly found?: unknown;
}

/** Columns no mapping has to name. */
const automatic = new Set(["event_id", "source_id", "origin"]);

/** Complaints that a person reads at once. */
const shownProblems = 20;

/** As much of a mapping's form as its facts and columns need. */
const looseMapping = z.object({ events: z.array(z.unknown()), common: z.unknown().optional() });
const looseRule = z.object({ fact: z.string() });

const spelled = (at: Place): string =>
    at.reduce<string>(
        (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
        "",
    );

function shown(value: unknown): string {
    if (value === undefined || value === "") return "nothing";
    const text = JSON.stringify(value);
    return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}

/** Words an enum column may have; undefined for any other column. */
const wordsOf = (declaration: Declaration, column: string): string[] | undefined => {
    const members = /Enum8\((.*)\)/.exec(declaration.columns[column]?.type ?? "")?.[1];
    return members === undefined ? undefined : [...members.matchAll(/'([^']+)' =/g)].map(([, word = ""]) => word);
};

/** Every word an expression can end in, with where the mapping says so. */
function wordsIn(shape: ExpressionShape): { at: Place; word: string }[] {
    const single = (at: string, word: string | undefined): { at: Place; word: string }[] =>
        word === undefined ? [] : [{ at: [at], word }];
    const { map, sign } = shape;
    const own = map === undefined ? single("const", shape.const) : [];
    return [
        ...own,
        ...Object.entries(map ?? {}).map(([theirs, word]) => ({ at: ["map", theirs], word })),
        ...(map === undefined ? Object.entries(sign ?? {}).map(([side, word]) => ({ at: ["sign", side], word })) : []),
        ...(map === undefined
            ? (shape.first ?? []).flatMap((each, index) =>
                  wordsIn(each).map(({ at, word }) => ({ at: ["first", index, ...at], word })),
              )
            : []),
        ...single("else", shape.else),
        ...single("default", shape.default),
    ];
}

function columnProblems(declaration: Declaration, column: string, shape: ExpressionShape, at: Place): Problem[] {
    const { name, columns } = declaration;
    const known = columns[column];
    if (known === undefined || column === "event_id") {
        const names = Object.keys(columns).filter((each) => each !== "event_id");
        return [{ at, message: `${name} has no such column to fill; it has ${names.join(", ")}` }];
    }
    const isLevels = known.type.startsWith("Array");
    if (isLevels !== (shape.levels !== undefined))
        return [
            { at, message: isLevels ? "must be levels with price and quantity" : "levels are only for order books" },
        ];
    const words = wordsOf(declaration, column);
    return wordsIn(shape).flatMap(({ at: inner, word }) =>
        words === undefined || words.includes(word)
            ? []
            : [{ at: [...at, ...inner], message: `must be one of ${words.join(", ")}`, found: word }],
    );
}

type Columns = Readonly<Record<string, ExpressionShape>>;

const declarationOf = (fact: string): Declaration | undefined => catalogue.find(({ name }) => name === fact);

function factProblems(fact: string, at: Place): Problem[] {
    if (declarationOf(fact) !== undefined) return [];
    const names = catalogue.map(({ name }) => name).join(", ");
    return [{ at: [...at, "fact"], message: `no such fact; the catalogue has ${names}`, found: fact }];
}

/** `common` of the mapping; undefined where it cannot be told, so that what it may fill is not missed. */
function ruleProblems({ fact, set }: RuleShape, common: Columns | undefined, at: Place): Problem[] {
    const declaration = declarationOf(fact);
    if (declaration === undefined) return factProblems(fact, at);
    const problems = Object.entries(set).flatMap(([column, expression]) =>
        columnProblems(declaration, column, expression, [...at, "set", column]),
    );
    if (common === undefined) return problems;
    for (const [column, { optional }] of Object.entries(declaration.columns))
        if (!optional && !automatic.has(column) && !(column in set) && !(column in common))
            problems.push({
                at: [...at, "set"],
                message: `${fact} needs ${column}, which no expression fills`,
                found: Object.keys(set),
            });
    return problems;
}

function ruleOf({ fact, ...rest }: RuleShape, common: Columns): Rule | undefined {
    const declaration = declarationOf(fact);
    if (declaration === undefined) return undefined;
    const added = Object.entries(common).filter(([column]) => column in declaration.columns && !(column in rest.set));
    return { ...rest, declaration, common: Object.fromEntries(added) };
}

function checkCommon({ common, events }: MappingShape): Problem[] {
    const facts = events.flatMap(({ fact }) => declarationOf(fact) ?? []);
    return Object.entries(common).flatMap(([column, expression]) => {
        const [having] = facts.filter(({ columns }) => column in columns);
        if (having === undefined)
            return [{ at: ["common", column], message: "none of the mapped facts has this column" }];
        return columnProblems(having, column, expression, ["common", column]);
    });
}

const eventsAt = (index: number): Place => ["events", index];

/** What is wrong with the facts and columns of a mapping whose form does not fit: what can be told of each rule by itself. */
function problemsBesideForm(given: unknown): Problem[] {
    const { events, common } = looseMapping.safeParse(given).data ?? {};
    const columns = columnsShape.safeParse(common ?? {}).data;
    return (events ?? []).flatMap((event, index) => {
        const rule = ruleShape.safeParse(event).data;
        if (rule !== undefined) return ruleProblems(rule, columns, eventsAt(index));
        const { fact } = looseRule.safeParse(event).data ?? {};
        return fact === undefined ? [] : factProblems(fact, eventsAt(index));
    });
}

function complaint(file: string, document: Document, lines: LineCounter, { at, message, found }: Problem): string {
    // The innermost place that exists: what is missing has no line of its own.
    for (let length = at.length; length >= 0; length -= 1) {
        const node = length === 0 ? document.contents : document.getIn(at.slice(0, length), true);
        if (!isNode(node) || node.range === null || node.range === undefined) continue;
        const value = found ?? (length === at.length ? (node.toJS(document) as unknown) : undefined);
        return `${file}:${String(lines.linePos(node.range[0]).line)}: ${spelled(at)}: ${message}, found ${shown(value)}`;
    }
    return `${file}: ${spelled(at)}: ${message}, found ${shown(found)}`;
}

/**
 * Checks a mapping's text.
 * @param file its name, for messages
 * @throws MappingError naming every bad place
 */
export function readMapping(text: string, file: string): Mapping {
    const lines = new LineCounter();
    // Without guessed types: every plain scalar is a text.
    const document = parseDocument(text, { lineCounter: lines, schema: "failsafe", prettyErrors: false });
    const [broken] = document.errors;
    if (broken !== undefined) {
        const { line } = lines.linePos(broken.pos[0]);
        throw new MappingError(`mapping: not YAML\n  ${file}:${String(line)}: ${broken.message}`);
    }
    const fail = (problems: readonly Problem[]): never => {
        const list = problems
            .slice(0, shownProblems)
            .map((problem) => `  ${complaint(file, document, lines, problem)}`);
        if (problems.length > shownProblems) list.push(`  and ${String(problems.length - shownProblems)} more`);
        throw new MappingError(
            `mapping: not usable, README.md beside functions/matching-engine/main.ts has the language\n${list.join("\n")}`,
        );
    };
    const given: unknown = document.toJS();
    const result = mappingShape.safeParse(given);
    if (!result.success) {
        const ofForm = result.error.issues.map(({ path, message }) => ({
            at: path.map((step) => (typeof step === "number" ? step : String(step))),
            message,
        }));
        return fail([...ofForm, ...problemsBesideForm(given)]);
    }
    const { common, events } = result.data;
    const problems = [
        ...checkCommon(result.data),
        ...events.flatMap((rule, index) => ruleProblems(rule, common, eventsAt(index))),
    ];
    if (problems.length > 0) return fail(problems);
    return { ...result.data, file, rules: events.flatMap((rule) => ruleOf(rule, common) ?? []) };
}

/**
 * Reads a mapping file.
 * @throws MappingError also where there is no such file
 */
export function loadMapping(file: string): Mapping {
    let text: string;
    try {
        text = readFileSync(file, "utf8");
    } catch (error) {
        throw new MappingError(`mapping: cannot read ${file}: ${(error as Error).message}; name a mapping file`);
    }
    return readMapping(text, file);
}
