// Rollups: their database, one table each, and how far they are; the evaluator fills them.
import * as pulumi from "../pulumi";
import { progressTable, rollups, rollupsDatabase, rollupTable } from "../../schema/rollups";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Database, Table } from "../resources";
import { type Target } from "../targets";

/** Tables of rollups, created after the facts and deleted before them. */
export class Rollups extends pulumi.ComponentResource {
    /** All of it, for ordering. */
    readonly ready: pulumi.Resource[];

    /** @param feeds by the name of their fact; a feed stands for its tables */
    constructor(settings: Settings, target: Target, feeds: ReadonlyMap<string, pulumi.Resource>) {
        super("trading:pipeline:Rollups", "rollups", {});
        const options = { parent: this, provider: target.provider };
        const { onDelete } = settings;
        const database = new Database(
            rollupsDatabase,
            { name: rollupsDatabase, onDelete },
            { ...options, dependsOn: target.ready },
        );
        const dependsOn = [database, ...feeds.values()];
        const tables = [...rollups.map(rollupTable), progressTable].map(
            (table) => new Table(kebab(`rollup_${table.name}`), { ...table, onDelete }, { ...options, dependsOn }),
        );
        this.ready = [database, ...tables];
        this.registerOutputs({});
    }
}
