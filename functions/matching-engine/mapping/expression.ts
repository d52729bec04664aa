// Turns the expressions and conditions of a mapping into functions over records; what does not fit is an error that names the foreign field.
import { type Level } from "../../../schema";
import { isList, parsePath, type Scalar, type Scope, show, type Value, valueAt } from "../record";
import { fromBytes, plain, sameValue, scaled, signOf, sum } from "./numbers";
import { type ConditionShape, type ExpressionShape } from "./shape";
import { timeOf } from "./times";

/** A foreign value does not fit what the mapping says of it. */
export class FieldError extends Error {
    override readonly name = "FieldError";
}

/** A word of the feed that an enum map does not name. */
export class UnmappedWordError extends FieldError {
    constructor(
        readonly field: string,
        readonly word: string,
        known: readonly string[],
    ) {
        super(`${field}: ${show(word)} is in no map; it names ${known.join(", ")}`);
    }
}

/** What an expression gives: a value, order-book levels, or nothing. */
export type Result = Scalar | readonly Level[] | null;

/** @throws FieldError where the record does not fit */
export type Expression = (scope: Scope) => Result;

type ScalarExpression = (scope: Scope) => Scalar | null;
type Step = (value: Scalar, scope: Scope) => Scalar | null;

function scalar(value: Value | undefined, field: string): Scalar | null {
    if (value === undefined || value === null) return null;
    if (typeof value === "object") throw new FieldError(`${field}: expected a single value, found ${show(value)}`);
    return value;
}

function firstOf(fields: readonly string[]): ScalarExpression {
    const paths = fields.map(parsePath);
    return (scope) => {
        for (const path of paths) {
            const value = scalar(valueAt(scope, path), path.text);
            if (value !== null && value !== "") return value;
        }
        return null;
    };
}

function firstGiven(alternatives: readonly ExpressionShape[]): ScalarExpression {
    const compiled = alternatives.map(scalarExpression);
    return (scope) => {
        for (const give of compiled) {
            const value = give(scope);
            if (value !== null) return value;
        }
        return null;
    };
}

function joined(parts: readonly ExpressionShape[], glue: string): ScalarExpression {
    const compiled = parts.map((part) => ({ name: nameOf(part), give: scalarExpression(part) }));
    return (scope) =>
        compiled
            .map(({ name, give }) => {
                const value = give(scope);
                // An id with a part missing would make different things one.
                if (value === null) throw new FieldError(`${name}: missing, and part of a joined value`);
                return String(value);
            })
            .join(glue);
}

function added(parts: readonly ExpressionShape[], negative: (index: number) => boolean): ScalarExpression {
    const compiled = parts.map((part) => ({ name: nameOf(part), give: scalarExpression(part) }));
    return (scope) => {
        const terms = compiled.map(({ give }, index) => ({ text: give(scope), negative: negative(index) }));
        if (terms.every(({ text }) => text === null)) return null;
        const total = sum(
            terms.map(({ text, negative: minus }) => ({ text: String(text ?? "nothing"), negative: minus })),
        );
        if (total !== undefined) return total;
        const found = terms.map(({ text }, index) => `${compiled[index]?.name ?? ""} ${show(text)}`).join(", ");
        throw new FieldError(`expected numbers, found ${found}`);
    };
}

/** What an expression is called in messages. */
function nameOf(shape: ExpressionShape): string {
    return shape.field?.join(" or ") ?? shape.levels ?? (shape.const === undefined ? "a computed value" : "a constant");
}

function sourceOf(shape: ExpressionShape): ScalarExpression {
    const { const: constant, field, first, join, sum: terms, difference } = shape;
    if (constant !== undefined) return () => constant;
    if (field !== undefined) return firstOf(field);
    if (first !== undefined) return firstGiven(first);
    if (join !== undefined) return joined(join, shape.with ?? "");
    if (terms !== undefined) return added(terms, () => false);
    return added(difference ?? [], (index) => index > 0);
}

/** A step on texts that may find the value unfit. */
function fitting(field: string, expected: string, change: (text: string) => string | undefined): Step {
    return (value) => {
        const changed = change(String(value));
        if (changed === undefined) throw new FieldError(`${field}: expected ${expected}, found ${show(value)}`);
        return changed;
    };
}

function unpacked(text: string): string | undefined {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
    return fromBytes(Buffer.from(text, "base64"));
}

function scaling(field: string, scale: number | string): Step {
    const fixed = typeof scale === "number";
    const digits = fixed ? undefined : firstOf([scale]);
    return (value, scope) => {
        const given = fixed ? scale : Number(digits?.(scope) ?? Number.NaN);
        const result = Number.isInteger(given) ? scaled(String(value), given) : undefined;
        if (result !== undefined) return result;
        throw new FieldError(
            `${field}: expected a number to scale by ${show(String(given))} digits, found ${show(value)}`,
        );
    };
}

function mapping(field: string, map: Readonly<Record<string, string>>, otherwise: string | undefined): Step {
    const words = new Map(Object.entries(map));
    return (value) => {
        const word = words.get(String(value)) ?? otherwise;
        if (word === undefined) throw new UnmappedWordError(field, String(value), [...words.keys()]);
        return word;
    };
}

function stepsOf(shape: ExpressionShape): Step[] {
    const field = nameOf(shape);
    const { absent, base64, scale, absolute, sign, time, map } = shape;
    const steps: Step[] = [];
    if (absent !== undefined)
        steps.push((value) => (absent.some((none) => sameValue(none, String(value))) ? null : value));
    if (base64 === true) steps.push(fitting(field, "base64 of a number's bytes", unpacked));
    if (scale !== undefined) steps.push(scaling(field, scale));
    if (absolute === true) steps.push(fitting(field, "a number", (text) => plain(text)?.replace(/^-/, "")));
    if (sign !== undefined) {
        const word = (text: string): string | undefined =>
            ({ "-1": sign.negative, "0": undefined, "1": sign.positive })[
                String(signOf(text) ?? 0) as "-1" | "0" | "1"
            ];
        steps.push(fitting(field, "a number other than 0", word));
    }
    if (time !== undefined) steps.push(fitting(field, `a time in ${time}`, (text) => timeOf(text, time)));
    if (map !== undefined) steps.push(mapping(field, map, shape.else));
    return steps;
}

function scalarExpression(shape: ExpressionShape): ScalarExpression {
    const source = sourceOf(shape);
    const steps = stepsOf(shape);
    const applies = compileCondition(shape.when);
    return (scope) => {
        if (!applies(scope)) return null;
        let value = source(scope);
        for (const step of steps) if (value !== null) value = step(value, scope);
        return value ?? shape.default ?? null;
    };
}

/** The list at a path; nothing counts as an empty one. */
export function listAt(text: string): (scope: Scope) => readonly Value[] {
    const path = parsePath(text);
    return (scope) => {
        const value = valueAt(scope, path) ?? [];
        if (!isList(value)) throw new FieldError(`${text}: expected a list, found ${show(value)}`);
        return value;
    };
}

function levelsExpression(text: string, price: ExpressionShape, quantity: ExpressionShape): Expression {
    const list = listAt(text);
    const amounts = [price, quantity].map((shape) => ({ name: nameOf(shape), give: scalarExpression(shape) }));
    return (scope) =>
        list(scope).map((item, index) => {
            const [at = "", of = ""] = amounts.map(({ name, give }) => {
                const value = give({ ...scope, item });
                const amount = value === null ? undefined : plain(String(value));
                if (amount === undefined)
                    throw new FieldError(`${text}.${String(index)}.${name}: expected a number, found ${show(value)}`);
                return amount;
            });
            return [at, of] as const;
        });
}

/** The function of an expression. */
export function compile(shape: ExpressionShape): Expression {
    const { levels, price, quantity } = shape;
    if (levels === undefined || price === undefined || quantity === undefined) return scalarExpression(shape);
    return levelsExpression(levels, price, quantity);
}

type Test = (scope: Scope) => boolean;

function compileTest(field: string, { is, not, exists }: ConditionShape[number][string]): Test {
    const path = parsePath(field);
    return (scope) => {
        const value = valueAt(scope, path);
        const there = value !== undefined && value !== null;
        if (exists !== undefined) return there === exists;
        const text = there && typeof value !== "object" ? String(value) : undefined;
        return is === undefined
            ? text === undefined || not?.includes(text) !== true
            : text !== undefined && is.includes(text);
    };
}

/** The function of a condition; without one everything fits. */
export function compileCondition(shape: ConditionShape | undefined): Test {
    if (shape === undefined) return () => true;
    const alternatives = shape.map((tests) => Object.entries(tests).map(([field, test]) => compileTest(field, test)));
    return (scope) => alternatives.some((tests) => tests.every((test) => test(scope)));
}

/** Whether a record is of no interest; without a condition none is. */
export const compileIgnore = (shape: ConditionShape | undefined): Test =>
    shape === undefined ? () => false : compileCondition(shape);
