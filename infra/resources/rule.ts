// A detection rule as a Pulumi resource.
import { type CustomResourceOptions, type Input, type Output } from "../pulumi";
import { type DeployedRule } from "../../schema/rules";
import { Declared } from "./declared";

/** What a rule is to be. Everything but database and name, which replace, is changed in place. */
export interface RuleArgs extends DeployedRule {
    database: Input<string>;
    comment?: Input<string>;
}

/** Rules were plain views once: a stack of that time keeps them, as what they are now. */
const former = { type: "trading:clickhouse:View" };

/** A detection rule: its view, and what it is judged by. A preview shows what a change would have meant over the last days. */
export class Rule extends Declared {
    declare readonly database: Output<string>;
    declare readonly name: Output<string>;

    constructor(name: string, args: RuleArgs, opts?: CustomResourceOptions) {
        super("trading:detection:Rule", name, args, { ...opts, aliases: [...(opts?.aliases ?? []), former] });
    }
}
