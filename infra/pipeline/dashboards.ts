// What is in a HyperDX: its first user, ClickHouse as it asks it, what its search offers, and the dashboards. Only a target with a HyperDX imports this.
import * as pulumi from "../pulumi";
import { dashboards } from "../../schema/dashboards";
import { hyperdxDashboard } from "../dashboards/hyperdx";
import { ownSources, type SourcePlan, telemetrySources } from "../dashboards/hyperdxSources";
import { kebab } from "../names";
import { type Forwarded, Provider } from "../resources";
import { HyperdxConnection, HyperdxDashboard, HyperdxSource, HyperdxTeam } from "../resources/hyperdx";

/** A HyperDX and what it is to show. */
export interface HyperdxArgs {
    /** Its API as this program reaches it, e.g. `http://127.0.0.1:8125`. */
    url: string;
    /** Of its first user, who is registered here. */
    email: string;
    /** 12 to 72 characters with an upper and a lower case letter, a digit and a special character. */
    password: pulumi.Input<string>;
    /** The Service to reach that address through, where it is known in a cluster only. */
    forward?: Forwarded;
    /** ClickHouse's HTTP interface as HyperDX reaches it, with a user who may only read. */
    clickhouse: { url: string; username: string; password: pulumi.Input<string> };
    /** Where people reach the console. */
    consoleUrl?: string;
    /** Database of OpenTelemetry's tables. Without one there are no sources of them. */
    telemetryDatabase?: string;
    /** HyperDX itself, and the views the dashboards read. */
    dependsOn: pulumi.Resource[];
}

/** Dashboards and all they need. */
export class HyperdxContent extends pulumi.ComponentResource {
    /** With the keys for its API and for collectors, as secret outputs. */
    readonly team: HyperdxTeam;
    /** All of it, for ordering. */
    readonly ready: pulumi.Resource[];

    constructor(args: HyperdxArgs) {
        super("trading:pipeline:HyperdxContent", "hyperdx", {});
        const { url, email, password, clickhouse, telemetryDatabase } = args;
        // One of its own: while the password is still to be made, nothing could be asked through it, and the others have to go on.
        const provider = new Provider(
            "hyperdx",
            { hyperdx: { url, email, password, ...(args.forward === undefined ? {} : { forward: args.forward }) } },
            { parent: this },
        );
        const options = { parent: this, provider };
        this.team = new HyperdxTeam("hyperdx-team", { email }, { ...options, dependsOn: args.dependsOn });
        const { url: host, ...login } = clickhouse;
        const connection = new HyperdxConnection(
            "hyperdx-clickhouse",
            { name: "ClickHouse", host, ...login },
            { ...options, dependsOn: [this.team] },
        );
        const source = (plan: SourcePlan): readonly [string, HyperdxSource] => {
            const name = `hyperdx-source-${kebab(plan.name).toLowerCase()}`;
            return [plan.name, new HyperdxSource(name, { ...plan, connection: connection.id }, options)];
        };
        const telemetry = telemetryDatabase === undefined ? [] : telemetrySources(telemetryDatabase);
        const sources = new Map([...ownSources, ...telemetry].map(source));
        const references = {
            connectionId: connection.id,
            sources: Object.fromEntries([...sources].map(([name, { id }]) => [name, id])),
            titleOf: (id: string): string => dashboards.find((each) => each.id === id)?.title ?? id,
            consoleUrl: args.consoleUrl,
        };
        const made = dashboards.map(
            (each) => new HyperdxDashboard(`hyperdx-dashboard-${each.id}`, hyperdxDashboard(each, references), options),
        );
        this.ready = [this.team, connection, ...sources.values(), ...made];
        this.registerOutputs({});
    }
}
