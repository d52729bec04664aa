// `npm run backtest`: what a rule would have raised over past data.
import { Command, InvalidArgumentError, Option } from "commander";
import { runCommand } from "../shared/commandLine";
import { backtest, type Mode, type Past } from "./backtest/judging";
import { labelsOf, qualityOf, scenariosOf } from "./backtest/labels";
import { reportOf } from "./backtest/report";
import { Database } from "../shared/clickhouse";
import { declaredValues, type EvaluatedRule, evaluated, type Values } from "./rules/rule";
import { rules } from "../../schema/rules";

const help = `
Nothing is written. event-time judges with all rows that are stored today. known-at judges each trigger with the rows that were known when it was
judged: by the log of live evaluations where there is one, else as if each minute had been judged after the rule's allowed lateness; a row is known
from its received_at on, and rollups are read as they are today. Recall and precision are against labels of the simulator, where the run has any.
`;

interface Options {
    rule: EvaluatedRule;
    from: Date;
    to: Date;
    run: string;
    param: Values;
    mode: Mode;
    scenario?: string;
    clickhouse: string;
}

function ruleCalled(id: string): EvaluatedRule {
    const found = rules.find((rule) => rule.id === id);
    if (found === undefined)
        throw new InvalidArgumentError(`no such rule; there are ${rules.map((rule) => rule.id).join(", ")}`);
    return evaluated(found);
}

function time(text: string): Date {
    const at = new Date(/[Zz]|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`);
    if (Number.isNaN(at.getTime())) throw new InvalidArgumentError("must be a time like 2026-11-22T14:00:00Z");
    return at;
}

function parameter(text: string, before: Values = {}): Values {
    const [, name, value] = /^([a-z][a-z0-9_]*)=(.+)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw new InvalidArgumentError("must be name=value");
    return { ...before, [name]: value };
}

/** The rule's own values with those of the command line; throws for a name the rule does not have. */
function valuesOf({ rule }: EvaluatedRule, given: Values): Values {
    const own = declaredValues(rule);
    const unknown = Object.keys(given).filter((name) => own[name] === undefined);
    if (unknown.length > 0)
        throw new Error(`${rule.id} has no parameter ${unknown.join(", ")}; it has ${Object.keys(own).join(", ")}`);
    return { ...own, ...given };
}

async function report({ rule, from, to, run, param, mode, scenario, clickhouse }: Options): Promise<void> {
    const database = new Database(clickhouse, 300);
    const range = { since: from.getTime() * 1_000, until: to.getTime() * 1_000 };
    const past: Past = { evaluated: rule, run, range, values: valuesOf(rule, param), mode };
    try {
        const outcome = await backtest(database, past);
        const labels = await labelsOf(database, past, scenario === undefined ? scenariosOf(rule.rule.id) : [scenario]);
        const quality = labels.some((label) => label.class === "scenario")
            ? qualityOf(outcome.findings, labels)
            : undefined;
        process.stdout.write(reportOf(past, outcome, quality));
    } finally {
        await database.close();
    }
}

const command = new Command("npm run backtest --")
    .description("Shows what a rule would have raised over past data")
    .requiredOption("--rule <id>", "rule", ruleCalled)
    .requiredOption("--from <time>", "triggers after it", time)
    .requiredOption("--to <time>", "up to and including it", time)
    .option("--run <id>", "run of a replay or simulation (default: live)", "")
    .option("--param <name=value>", "another value of a parameter; may be given several times", parameter, {})
    .addOption(new Option("--mode <mode>", "what is seen").choices(["event-time", "known-at"]).default("event-time"))
    .option("--scenario <name>", "kind of labels to compare with (default: all the rule is to find)")
    .option(
        "--clickhouse <url>",
        "ClickHouse HTTP interface; environment CLICKHOUSE_URL",
        process.env["CLICKHOUSE_URL"] ?? "http://127.0.0.1:8123",
    )
    .addHelpText("after", help)
    .action(report);

runCommand(command);
