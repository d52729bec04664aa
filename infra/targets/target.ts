// What a target offers the rest of the program: services with endpoints, and a way to run a worker.
import type * as pulumi from "../pulumi";
import { type Provider } from "../resources";

/** A program of functions/ that runs beside the services. */
export interface Worker {
    /** Folder under functions/; also its name. */
    name: string;
    env: Record<string, string>;
    /** The feeds of the facts it writes: table, then feed, then worker. */
    dependsOn: pulumi.Resource[];
}

/** Where a stack runs. Endpoints are plain values computed from config, ordering is by `ready`: see DESIGN on previews. */
export interface Target {
    /** Brokers as workers and ClickHouse reach them, host:port. */
    kafkaBrokers: string[];
    /** ClickHouse HTTP interface. */
    clickhouseUrl: string;
    /** Provider for tables, topics and feeds, configured with these endpoints. */
    provider: Provider;
    /** What must be up before the first topic or table. */
    ready: pulumi.Resource[];
    /** Runs a worker; `port` serves /healthz and /metrics on loopback. */
    run(worker: Worker): pulumi.Resource;
}
