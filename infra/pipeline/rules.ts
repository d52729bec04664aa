// The rules, each a resource of its own, so that a preview shows which rule a change touches, and what it would have meant.
import * as pulumi from "../pulumi";
import { deployed, rules, rulesDatabase } from "../../schema/rules";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Database, Rule } from "../resources";
import { type Target } from "../targets";

/** All rules that are not off, created after what they read and deleted before it. */
export class Rules extends pulumi.ComponentResource {
    /** All of it, for ordering. */
    readonly ready: pulumi.Resource[];

    /** @param sources tables of facts, references and rollups */
    constructor({ onDelete }: Settings, target: Target, sources: readonly pulumi.Resource[]) {
        super("trading:pipeline:Rules", "rules", {});
        const options = { parent: this, provider: target.provider };
        const database = new Database(
            rulesDatabase,
            { name: rulesDatabase, onDelete },
            { ...options, dependsOn: target.ready },
        );
        const running = rules
            .filter(({ mode }) => mode !== "off")
            .map((rule) => {
                const args = { ...deployed(rule), database: rule.view.database, comment: rule.view.comment };
                return new Rule(kebab(`rule_${rule.id}`), args, { ...options, dependsOn: [database, ...sources] });
            });
        this.ready = [database, ...running];
        this.registerOutputs({});
    }
}
