// The only reader of the stack's configuration: one typed, checked value for the rest of the program.
import * as pulumi from "./pulumi";
import { facts } from "../schema";

/** What happens to data when its resource is deleted. */
export const onDeleteModes = ["refuse", "keep", "drop"] as const;
export type OnDelete = (typeof onDeleteModes)[number];

/** A stack's settings; defaults are in Pulumi.yaml. */
export interface Settings {
    /** Name of the stack: its local state lives in .trading/<stack>. */
    stack: string;
    target: "embedded";
    ports: { clickhouse: number; kafka: number; kafkaController: number; metrics: number };
    marketData: { enabled: boolean; symbols: string[]; venue: string; webSocketUrl: string; restUrl: string };
    /** Days a fact is kept. */
    retentionDays: (fact: string) => number;
    futureHours: number;
    flushIntervalMs: number;
    onDelete: OnDelete;
}

function choice<const T extends string>(config: pulumi.Config, key: string, allowed: readonly T[]): T {
    const found = config.require(key);
    const match = allowed.find((value) => value === found);
    if (match === undefined)
        throw new pulumi.RunError(
            `config ${key}: must be one of ${allowed.join(", ")}, found "${found}"; run pulumi config set ${key} ${allowed[0] ?? ""}`,
        );
    return match;
}

function positive(config: pulumi.Config, key: string, max: number): number {
    const found = config.requireNumber(key);
    if (!Number.isInteger(found) || found < 1 || found > max)
        throw new pulumi.RunError(
            `config ${key}: must be a whole number from 1 to ${String(max)}, found ${String(found)}`,
        );
    return found;
}

function strings(config: pulumi.Config, key: string): string[] {
    const found = config.requireObject<unknown>(key);
    if (!Array.isArray(found) || !found.every((item) => typeof item === "string"))
        throw new pulumi.RunError(`config ${key}: must be a list of strings, found ${JSON.stringify(found)}`);
    return found;
}

/** `fact=days` entries; a fact that does not exist is a typing error worth stopping for. */
function retentions(config: pulumi.Config): Map<string, number> {
    const names = facts.map((fact) => fact.name);
    return new Map(
        strings(config, "retentionDaysPerFact").map((entry) => {
            const [, fact = "", days = ""] = /^([a-z_]+)=([1-9][0-9]{0,3})$/.exec(entry) ?? [];
            if (!names.includes(fact))
                throw new pulumi.RunError(
                    `config retentionDaysPerFact: must be fact=days with a fact of the catalogue, found "${entry}"; facts are ${names.join(", ")}`,
                );
            return [fact, Number(days)];
        }),
    );
}

/** Reads and checks the stack's configuration. Throws RunError, which Pulumi prints without a stack trace. */
export function readSettings(): Settings {
    const config = new pulumi.Config();
    const port = (key: string): number => positive(config, key, 65535);
    const perFact = retentions(config);
    const retentionDays = positive(config, "retentionDays", 3650);
    return {
        stack: pulumi.getStack(),
        target: choice(config, "target", ["embedded"]),
        ports: {
            clickhouse: port("clickhousePort"),
            kafka: port("kafkaPort"),
            kafkaController: port("kafkaControllerPort"),
            metrics: port("metricsPort"),
        },
        marketData: {
            enabled: config.requireBoolean("collectMarketData"),
            symbols: strings(config, "symbols"),
            venue: config.require("venue"),
            webSocketUrl: config.require("binanceWsUrl"),
            restUrl: config.require("binanceRestUrl"),
        },
        retentionDays: (fact) => perFact.get(fact) ?? retentionDays,
        futureHours: positive(config, "futureHours", 24 * 366),
        flushIntervalMs: positive(config, "flushIntervalMs", 60_000),
        onDelete: choice(config, "onDelete", onDeleteModes),
    };
}
