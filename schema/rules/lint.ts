// What a rule may not do, found in its text before anything runs it. It reads SQL by words, not by grammar: it knows the few forms rules are
// written in (each table in a SELECT of its own) and refuses what it cannot place.
import { facts, references } from "..";
import { type RuleArgs } from "./spec";

const factNames = new Set(facts.map(({ name }) => name));
const referenceNames = new Set(references.map(({ name }) => name));

/** What only reports read: a rule that reads it would find what it was told. */
const labels = "scenario_labels";

/** Functions whose value is not a function of the data. */
const unsteady =
    /\b(now|now64|today|yesterday|current_timestamp|current_date|utc_?timestamp|rand\w*|canonicalRand|generateUUID\w*|generateULID|generateSnowflakeID|hostName|fqdn|queryID|rowNumberInAllBlocks|rowNumberInBlock|blockNumber|runningDifference|nowInBlock|any|anyLast|any_value)\s*\(/gi;

/** File of a rule, from the root of the project. */
export const fileOf = (id: string): string =>
    `schema/rules/${id.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}.ts`;

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

/** Comments and strings as blanks, so that nothing is found in them and lines stay where they are. */
const masked = (sql: string): string =>
    sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\]|\\.|'')*'/g, (part) => part.replace(/[^\n]/g, " "));

/** A query under examination. */
class Text {
    readonly body: string;
    readonly problems: string[] = [];

    constructor(
        private readonly id: string,
        private readonly part: "query" | "suspects" | "evidence",
        sql: string,
    ) {
        // Lines are counted as the view shows them.
        this.body = masked(sql.trim());
    }

    refuse(index: number, what: string): void {
        this.problems.push(`${fileOf(this.id)}: line ${String(lineAt(this.body, index))} of the ${this.part}: ${what}`);
    }
}

/** A table as it is read somewhere. */
interface Reading {
    readonly table: string;
    readonly index: number;
    /** The SELECT it is read in from its FROM on, without the SELECTs inside. */
    readonly scope: string;
}

/** From a place to the end of its SELECT; inner SELECTs in parentheses are left out. */
function scopeFrom(body: string, start: number): string {
    let scope = "";
    const opened: { at: number; length: number }[] = [];
    for (let at = start; at < body.length; at++) {
        const letter = body[at] ?? "";
        if (letter === "(") opened.push({ at, length: scope.length });
        scope += letter;
        if (letter !== ")") {
            if (opened.length === 0 && /^UNION\b/i.test(body.slice(at, at + 6))) break;
            continue;
        }
        const group = opened.pop();
        if (group === undefined) break;
        if (/^\(\s*SELECT\b/i.test(body.slice(group.at, at))) scope = `${scope.slice(0, group.length)}()`;
    }
    return scope;
}

function readings(text: Text): Reading[] {
    const found: Reading[] = [];
    for (const { index, 1: word = "", 2: database = "", 3: table = "" } of text.body.matchAll(
        /\b(FROM|JOIN|,)\s*`?(\w+)`?\s*\.\s*`?(\w+)`?(?=\s|\)|$)/gi,
    )) {
        if (word === ",") continue;
        if (database !== "trading") text.refuse(index, `reads ${database}.${table}; rules read trading.<name> only`);
        else if (/join/i.test(word))
            text.refuse(index, `joins trading.${table} itself; read it in a bounded SELECT of its own and join that`);
        else found.push({ table, index, scope: scopeFrom(text.body, index) });
    }
    return found;
}

const timeColumn = /\b(event_time|minute|day|first_seen|last_seen|hour)\b/;

/** Whether one of the conditions of a SELECT compares a time with a parameter in a direction, whatever else holds. */
function bounds(scope: string, sign: RegExp, parameter: string): boolean {
    const where = scope.split(/\b(?:PRE)?WHERE\b/i)[1] ?? "";
    const conditions = where.split(/\b(?:GROUP BY|HAVING|ORDER BY|LIMIT|UNION|QUALIFY|WINDOW)\b/i)[0] ?? "";
    if (/\bOR\b/i.test(conditions.replace(/\([^()]*\)/g, "()"))) return false;
    return conditions.split(/\bAND\b/i).some((condition) => {
        const [left = "", right] = condition.split(sign);
        return right !== undefined && timeColumn.test(left) && right.includes(parameter) && !/\bOR\b/i.test(condition);
    });
}

const lower = /(?<![<>=!])>=?/;
const upper = /(?<![<>=!])<=?/;

/** Looks at the tables a query reads, and returns them. */
function checkReadings(
    text: Text,
    { facts: f, rollups, references: r }: RuleArgs["reads"],
    by: [string, string],
): Reading[] {
    const declared = new Set([...f, ...rollups, ...r]);
    const found = readings(text);
    for (const { table, index, scope } of found) {
        if (table === labels) text.refuse(index, `reads ${labels}; only reports may`);
        else if (!declared.has(table)) text.refuse(index, `reads trading.${table}, which is not in reads`);
        if (referenceNames.has(table)) continue;
        if (!bounds(scope, lower, by[0]))
            text.refuse(
                index,
                `trading.${table} has no bound: compare its time with > or >= ${by[0]} less a look-back, outside of any OR`,
            );
        if (!bounds(scope, upper, by[1]))
            text.refuse(
                index,
                `trading.${table} has no bound: compare its time with < or <= ${by[1]}, outside of any OR`,
            );
    }
    return found;
}

/** Who finds suspects may take any version of a reference: those that hold later only make more of them. */
function checkReferences(text: Text, found: readonly Reading[]): void {
    const compared = (column: string, sign: string): number =>
        [...text.body.matchAll(new RegExp(`\\b${column}\\b[^<>=]*${sign}\\s*[\\w.]*event_time\\b`, "g"))].length;
    // The last version not later than the event is the one that holds then: ASOF JOIN needs no valid_to.
    const latest = [...text.body.matchAll(/\bASOF\b/gi)].length;
    const joined = Math.min(compared("valid_from", "<="), compared("valid_to", ">") + latest);
    const referenced = found.filter(({ table }) => referenceNames.has(table));
    for (const { table, index } of referenced.slice(joined))
        text.refuse(
            index,
            `trading.${table} is not read as of the event: ASOF JOIN … valid_from <= …event_time, or valid_from <= …event_time and valid_to > …event_time`,
        );
}

function checkSteadiness(text: Text): void {
    for (const { index, 1: called = "" } of text.body.matchAll(unsteady))
        text.refuse(
            index,
            `${called}() is not a function of the data; use {since}, {as_of} and event_time, min, max, argMin`,
        );
}

function checkParameters(text: Text, known: ReadonlySet<string>, needed: readonly string[]): void {
    const used = new Set<string>();
    for (const { index, 1: inner = "" } of text.body.matchAll(/\{([^}]*)\}/g)) {
        used.add(inner);
        if (!known.has(inner)) text.refuse(index, `{${inner}} is not declared in parameters`);
    }
    for (const name of needed) if (!used.has(name)) text.refuse(0, `{${name}} is not used`);
}

/** What is wrong with the data of a rule. */
function* form(id: string, args: RuleArgs): Generator<string> {
    const file = fileOf(id);
    const { parameters, overrides = [], reads, reason, query, evidence } = args;
    if (!/^[a-z][a-z0-9_]*$/.test(id)) yield `${file}: the id ${id} is not lower case letters, digits and _`;
    for (const name of reads.facts) if (!factNames.has(name)) yield `${file}: reads.facts: there is no fact ${name}`;
    for (const name of reads.triggers ?? [])
        if (!reads.facts.includes(name)) yield `${file}: reads.triggers: ${name} is not in reads.facts`;
    if (reads.triggers?.length === 0)
        yield `${file}: reads.triggers: names no fact; leave it out where all of reads.facts complete a pattern`;
    for (const name of reads.references)
        if (!referenceNames.has(name)) yield `${file}: reads.references: there is no reference ${name}`;
    for (const name of [...reads.facts, ...reads.rollups, ...reads.references])
        if (!new RegExp(`\\btrading\\.${name}\\b`).test(masked(`${query}\n${evidence}`)))
            yield `${file}: reads names ${name}, but neither query nor evidence reads it`;
    for (const [, name = ""] of reason.matchAll(/\{(\w+)\}/g))
        if (!query.includes(`'${name}'`)) yield `${file}: reason: {${name}} is not a key of details`;
    for (const { accountClass, terms, expires, approver, reason: why } of overrides) {
        const where = `${file}: override of ${accountClass}`;
        if (!/^\d{4}-\d{2}-\d{2}$/.test(expires)) yield `${where}: expires ${expires} is not a day like 2027-06-30`;
        if (approver === "" || why === "") yield `${where}: an approver and a reason are needed`;
        for (const name of terms === "exempt" ? [] : Object.keys(terms))
            if (!(name in parameters)) yield `${where}: there is no parameter ${name}`;
    }
}

/** Everything that is wrong with a rule: one line each, with file and, for SQL, the line within it. */
export function problems(id: string, args: RuleArgs): string[] {
    const { query, suspects, evidence, parameters, reads } = args;
    const own = Object.keys(parameters);
    const asked = new Text(id, "query", query);
    const proof = new Text(id, "evidence", evidence);
    const before = suspects === undefined ? [] : [new Text(id, "suspects", suspects)];
    for (const text of before) checkReadings(text, reads, ["{since}", "{as_of}"]);
    checkReferences(asked, checkReadings(asked, reads, ["{since}", "{as_of}"]));
    checkReferences(proof, checkReadings(proof, reads, ["{event_time}", "{event_time}"]));
    for (const text of [asked, ...before, proof]) checkSteadiness(text);
    const bound = ["run", "since", "as_of"];
    checkParameters(asked, new Set([...bound, ...own]), [...bound, ...own]);
    for (const text of before) checkParameters(text, new Set([...bound, ...own]), bound);
    const given = ["run", "entity_id", "trigger_key", "event_time"];
    checkParameters(proof, new Set([...given, ...own]), ["run", "entity_id", "event_time"]);
    return [asked, ...before, proof].reduce((found, text) => [...found, ...text.problems], [...form(id, args)]);
}

/** Says where in a rule's query the name is that the server did not know; `message` is the server's. */
export function unknownName(id: string, query: string, message: string): string {
    const name =
        /(?:Unknown (?:expression )?(?:or function )?identifier|Missing columns:|Unknown function|resolve identifier)\s*[`'"]?([\w.]+)/i.exec(
            message,
        )?.[1];
    if (name === undefined) return `${fileOf(id)}: the server refuses the query: ${message.split("\n")[0] ?? ""}`;
    const index = query.search(new RegExp(`\\b${name.replace(/\./g, "\\.")}\\b`));
    const place = index < 0 ? "query" : `line ${String(lineAt(query, index))} of the query`;
    return `${fileOf(id)}: ${place}: there is no ${name}`;
}
