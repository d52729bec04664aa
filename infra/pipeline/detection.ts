// What detection keeps: alerts with their evidence, and how far each rule has come.
import * as pulumi from "../pulumi";
import { detectionDatabase, detectionTables, detectionViews } from "../../schema/detection";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Database, Table, View } from "../resources";
import { type Target } from "../targets";

/** Database and tables of detection; `after` are the databases of the foundation, where their views lie. */
export class Detection extends pulumi.ComponentResource {
    /** All of it, for ordering. */
    readonly ready: pulumi.Resource[];

    constructor({ onDelete }: Settings, target: Target, after: pulumi.Resource[]) {
        super("trading:pipeline:Detection", "detection", {});
        const options = { parent: this, provider: target.provider };
        const database = new Database(
            detectionDatabase,
            { name: detectionDatabase, onDelete },
            { ...options, dependsOn: target.ready },
        );
        const tables: Table[] = [];
        // A view may read the tables before it.
        for (const spec of detectionTables)
            tables.push(
                new Table(
                    kebab(spec.name),
                    { ...spec, onDelete },
                    { ...options, dependsOn: [...after, database, ...tables.slice(-1)] },
                ),
            );
        const views = detectionViews.map(
            ({ database, name, query, comment }) =>
                new View(
                    kebab(name),
                    { database, name, query, comment },
                    { ...options, dependsOn: [...after, ...tables] },
                ),
        );
        this.ready = [database, ...tables, ...views];
        this.registerOutputs({});
    }
}
