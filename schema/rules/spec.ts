// The words a rule is declared in, and what follows from them: its view, its hash, its text for a call. Pure; a rule that lint refuses is not
// declared at all, so that a preview already fails.
import { createHash } from "node:crypto";
import { databases } from "../ddl/tables";
import { type ViewSpec } from "../views/spec";
import { type DeployedRule } from "./deployed";
import { problems } from "./lint";

/** Database of the rules' views. */
export const rulesDatabase = "rules";

/** ClickHouse types of parameters; amounts and shares are exact. */
export type ParameterType = "UInt32" | "Float64" | "Decimal(38, 18)";

/** A number a rule can be tuned with. */
export interface Parameter {
    readonly type: ParameterType;
    /** Of the value: minutes, USD, share, count … */
    readonly unit: string;
    /** As text, so that amounts stay exact. */
    readonly default: string;
    readonly description: string;
    /** Where the default comes from; "guess, uncalibrated" where it comes from nowhere. */
    readonly source: string;
}

/**
 * Other terms for accounts of a class (account_classes), until a day. An alert that the terms take away is still written, marked as exempt: no
 * exemption is silent. `terms: "exempt"` marks all alerts of the class; parameters are those that differ for it.
 */
export interface Override {
    readonly accountClass: "maker" | "house" | "arbitrage" | "test";
    readonly terms: "exempt" | Readonly<Record<string, string>>;
    /** Last day it holds, UTC, e.g. 2027-06-30. */
    readonly expires: string;
    readonly approver: string;
    readonly reason: string;
}

/** What a rule reads, by name as in `trading`. */
export interface Reads {
    readonly facts: readonly string[];
    /** Facts among them whose rows can complete a pattern, where not all of them do: without one in a range nothing is asked. */
    readonly triggers?: readonly string[];
    readonly rollups: readonly string[];
    readonly references: readonly string[];
}

/** What somebody writes down to declare a rule. */
export interface RuleArgs {
    /** One more with each change of query or defaults: part of the alerts' identity. */
    readonly version: number;
    readonly title: string;
    readonly severity: "low" | "medium" | "high" | "critical";
    /** What entity_id names: a user, an account, two accounts `a|b` in order, three `a|b|c` as they sell to the next, the least first, or a token. */
    readonly entity: "user" | "account" | "pair" | "ring" | "token";
    readonly owner: "surveillance" | "fraud" | "operations";
    /** shadow: evaluated and stored, sent to nobody. */
    readonly mode: "active" | "shadow" | "off";
    readonly description: string;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly overrides?: readonly Override[];
    readonly reads: Reads;
    /** How far before a trigger rows can matter to it, at the default parameters. */
    readonly lookBackMinutes: number;
    /** Rows may come so much later than their triggers and still be judged with them. */
    readonly latenessMinutes: number;
    /** Length of one evaluation when live: a second where somebody waits for its alerts, half a minute in shadow. */
    readonly stepSeconds: number;
    /** Days of history before the rule judges an entity rightly; until then it is warming. */
    readonly historyDays: number;
    /** After an alert, further ones of the entity are not sent on for so long. */
    readonly suppressionMinutes: number;
    /**
     * SELECT of one row per trigger with `{since} < event_time <= {as_of}`: entity_id, trigger_key (String), event_time, window_from
     * (DateTime64(6)), score (0 to 100), details (Map(String, String)), accounts (Array(String), for overrides). It judges a trigger only by rows
     * not later than it, so that (a, c] gives what (a, b] and (b, c] give together. Parameters are written `{name}`, without type; every table
     * is read in a SELECT of its own that bounds its times from both sides.
     */
    readonly query: string;
    /**
     * SELECT with the same parameters that finds something wherever the query does: too much at times, never too little. Where it finds nothing the query
     * is not asked, whose planning alone takes several times as long. It is asked of all rows that are stored, also of repeated ones, and of references as they
     * come, which takes a fraction of what the views do: repetition must not make it find less. Absent: the query is always asked.
     */
    readonly suspects?: string;
    /** SELECT of the rows an alert stands on: fact, event_id, event_time, row (JSON), given {run}, {entity_id}, {trigger_key} and {event_time}. */
    readonly evidence: string;
    /** What happened, in words; `{name}` stands for a value of details. */
    readonly reason: string;
}

/** A rule. */
export interface Rule extends Required<Omit<RuleArgs, "suspects">>, Pick<RuleArgs, "suspects"> {
    readonly id: string;
    /** SHA-256 of the query, evidence not included, without comments and layout: the same for the same question. */
    readonly hash: string;
    /** `rules`.`<id>`, parameterized with run, since, as_of and the rule's own parameters. */
    readonly view: ViewSpec;
    /** The query with typed parameters, `{run:String}`, `{since:DateTime64(6, 'UTC')}` … and the rule's own: what the view says, planned at half the cost. */
    readonly call: string;
    /** The query for suspects with typed parameters; undefined where the rule is always asked. */
    readonly suspectsCall: string | undefined;
    /** The evidence query with typed parameters. */
    readonly evidenceCall: string;
}

const moment = "DateTime64(6, 'UTC')";
/** What every query is given, with types. */
export const given = { run: "String", since: moment, as_of: moment } as const;
const givenEvidence = { run: "String", entity_id: "String", trigger_key: "String", event_time: moment } as const;

/** Writes the types into `{name}`; what has none stays as it is, for lint to name. */
function typed(sql: string, types: Readonly<Record<string, string>>): string {
    return sql.replace(/\{([a-z][a-z0-9_]*)\}/g, (whole, parameter: string) => {
        const type = types[parameter];
        return type === undefined ? whole : `{${parameter}:${type}}`;
    });
}

/** A query that reads tables where it reads views: those of facts only leave out a column and repeated rows, as FINAL does. */
const ofTables = (sql: string, streams: readonly string[], final = ""): string =>
    streams.reduce(
        (text, name) => text.replace(new RegExp(`\\btrading\\.${name}\\b`, "g"), `${databases.facts}.${name}${final}`),
        sql,
    );

/** Facts whose rows can make a rule fire. */
export const triggersOf = ({ reads }: { readonly reads: Pick<Reads, "facts" | "triggers"> }): readonly string[] =>
    reads.triggers ?? reads.facts;

/** The query without comments and layout. */
export const normalised = (sql: string): string =>
    sql
        .replace(/--[^\n]*/g, " ")
        .replace(/\s+/g, " ")
        .trim();

/** Declares a rule. Throws a RangeError that names each line lint refuses. */
export function rule(id: string, args: RuleArgs): Rule {
    const found = problems(id, args);
    if (found.length > 0) throw new RangeError(found.join("\n"));
    const own = Object.fromEntries(Object.entries(args.parameters).map(([name, { type }]) => [name, type]));
    const types = { ...given, ...own };
    const query = typed(args.query.trim(), types);
    const { facts, rollups, references } = args.reads;
    return {
        ...args,
        id,
        overrides: args.overrides ?? [],
        hash: createHash("sha256").update(normalised(query)).digest("hex"),
        view: {
            database: rulesDatabase,
            name: id,
            query,
            comment: args.title,
            streams: [...facts, ...references],
            views: [...rollups],
        },
        call: ofTables(query, facts, " FINAL"),
        suspectsCall:
            args.suspects === undefined
                ? undefined
                : ofTables(typed(args.suspects.trim(), types), [...facts, ...references]),
        evidenceCall: ofTables(typed(args.evidence.trim(), { ...own, ...givenEvidence }), facts, " FINAL"),
    };
}

/** The default values of a rule's parameters, to be bound. */
export const defaults = ({ parameters }: Pick<RuleArgs, "parameters">): Record<string, string> =>
    Object.fromEntries(Object.entries(parameters).map(([name, parameter]) => [name, parameter.default]));

/** A reason with the values of details put in. */
export const reasonOf = ({ reason }: Pick<RuleArgs, "reason">, details: Readonly<Record<string, string>>): string =>
    reason.replace(/\{([a-z][a-z0-9_]*)\}/g, (whole, name: string) => details[name] ?? whole);

/** What a stack is to hold of a declared rule. */
export const deployed = (rule: Rule): DeployedRule => ({
    name: rule.id,
    version: rule.version,
    mode: rule.mode,
    severity: rule.severity,
    entity: rule.entity,
    owner: rule.owner,
    query: rule.view.query,
    parameters: defaults(rule),
    overrides: [...rule.overrides],
    triggers: [...triggersOf(rule)],
    lookBackMinutes: rule.lookBackMinutes,
    latenessMinutes: rule.latenessMinutes,
    stepSeconds: rule.stepSeconds,
    historyDays: rule.historyDays,
    suppressionMinutes: rule.suppressionMinutes,
    reason: rule.reason,
});
