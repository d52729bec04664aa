// What a target offers the rest of the program: services with endpoints, and a way to run a worker.
import { type Collector } from "../config";
import type * as pulumi from "../pulumi";
import { type Provider, type TopicArgs } from "../resources";

/** A program of functions/ that runs beside the services. */
export interface Worker {
    /** Folder under functions/; also its name. */
    name: string;
    /** Values may be secret: they are encrypted in the state, hidden in previews, and never part of a command line. */
    env: Record<string, pulumi.Input<string>>;
    /** The feeds of the facts it writes: table, then feed, then worker. */
    dependsOn: pulumi.Resource[];
    /** Number of its own among all workers, running or not: its metrics keep their port when another one is switched on or off. */
    index: number;
    /** Any text: a change restarts the worker, as a change of its code does. */
    fingerprint: string;
    /** Port on which it listens for others than its supervisor. */
    port?: number;
    /** Files of this machine that it reads, as absolute paths. */
    files: readonly string[];
}

/** Where services are reached by whoever stands outside: the provider, people, other programs of this machine. */
export interface Published {
    /** Brokers, host:port. */
    kafkaBrokers: string[];
    /** ClickHouse's HTTP interface, without login. */
    clickhouseUrl: string;
}

/** Where a stack runs. Endpoints are plain values computed from config, ordering is by `ready`: see DESIGN on previews. */
export interface Target {
    /** Brokers as workers and ClickHouse reach them, host:port. */
    kafkaBrokers: string[];
    /** ClickHouse's HTTP interface as workers reach it, with the login where there is one. */
    clickhouseUrl: pulumi.Input<string>;
    /** The same services as this machine reaches them. */
    published: Published;
    /** ClickHouse's account of this program; absent where everybody on loopback is let in. */
    login?: { clickhouseUser: string; clickhousePassword: pulumi.Output<string> };
    /** The collector that workers send telemetry to, as they reach it; absent where the target runs none. */
    collector?: Collector;
    /**
     * Fills the pages that people look at beside the console; absent where there are none.
     * @param after the tables and views they read
     */
    showDashboards?(after: pulumi.Resource[]): void;
    /** More that people ask of the stack, as stack outputs. */
    outputs?: Readonly<Record<string, pulumi.Input<string>>>;
    /** How ClickHouse logs in to Kafka, as entries of the feeds' named collection; absent where Kafka lets everybody in. */
    feedLogin?: Record<string, pulumi.Input<string>>;
    /** Makes a topic; absent where the provider does. */
    topic?(name: string, args: TopicArgs, options: pulumi.CustomResourceOptions): pulumi.Resource;
    /** Provider for tables, topics and feeds, configured with the published endpoints. */
    provider: Provider;
    /** What must be up before the first topic or table. */
    ready: pulumi.Resource[];
    /** Address on which a worker listens for others. */
    listenHost: string;
    /** Where others reach the port on which a worker listens. */
    urlOf(port: number, worker: string): string;
    /** Folder that a worker finds again after a restart. */
    dataDir(worker: string): string;
    /** Runs a worker; METRICS_PORT, where it serves /healthz and /metrics, is added to its environment. */
    run(worker: Worker): pulumi.Resource;
}
