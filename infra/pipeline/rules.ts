// The rules' views: the question each rule asks, as a resource of its own, so that a preview shows which rule a change touches.
import * as pulumi from "../pulumi";
import { rules, rulesDatabase } from "../../schema/rules";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Database, View } from "../resources";
import { type Target } from "../targets";

/** Views of all rules that are not off, created after what they read and deleted before it. */
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
        const views = rules
            .filter(({ mode }) => mode !== "off")
            .map(({ view: { database: within, name, query, comment } }) => {
                const args = { database: within, name, query, comment };
                return new View(kebab(`rule_${name}`), args, { ...options, dependsOn: [database, ...sources] });
            });
        this.ready = [database, ...views];
        this.registerOutputs({});
    }
}
