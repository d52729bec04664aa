// The objects that the kubernetes target makes, as an API server would get them, for tests to look at.
import assert from "node:assert/strict";
import { everything } from "./settings";
import { type Program } from "./target";

/** The workers' image of these stacks. */
export const image = "registry.example/trading:1.0.0";

/** Config of a stack in a cluster, with every worker on. */
export const clusterKeys = { ...everything, target: "kubernetes", workersImage: image, openaiApiKey: "sk-1" };

/** Workers that speak to Kafka, and those that ask ClickHouse. */
export const speaksKafka = [
    "auditor",
    "market-data",
    "gateway",
    "matching-engine",
    "sentiment",
    "on-chain",
    "evaluator",
];
export const asksClickhouse = ["auditor", "sentiment", "on-chain", "evaluator", "alerts", "console"];

const signature = "4dabf18193072939515e22adb298388d";
/** Stands for what is not known at a preview. */
export const unknown = "not known yet";

/** Any part of an object. */
export type Json = Record<string, unknown>;

/** Inputs of an object that are looked at. */
export interface Inputs {
    metadata: {
        name?: string;
        namespace?: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
    };
    spec: Json;
    stringData?: Record<string, string>;
    binaryData?: Record<string, string>;
}

/** The part of a container that is looked at. */
export interface Container {
    image: string;
    command: string[];
    env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
    volumeMounts: { name: string; mountPath: string; subPath?: string }[];
    livenessProbe: { exec: { command: string[] } };
    readinessProbe: { exec: { command: string[] } };
    securityContext: Json;
    resources: { requests: Record<string, string>; limits: Record<string, string> };
}

/** Replaces, deep within a value, what is not known yet by a word, and each secret by what `show` makes of it. */
export function seen(value: unknown, show: (secret: unknown) => unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => seen(item, show));
    if ("__pulumiUnknown" in value) return unknown;
    if (signature in value) return show(seen((value as { value?: unknown }).value, show));
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, seen(item, show)]));
}

/** The kind at the end of a type token. */
export const kindOf = (type: string): string => type.split(":").at(-1) ?? "";

/** Objects of a kind by their logical name, as the API server would get them. */
export const objectsOf = ({ made }: Program, kind: string): Map<string, Inputs> =>
    new Map(
        made
            .filter(({ type }) => type.startsWith("kubernetes:") && kindOf(type) === kind)
            .map(({ name, inputs }) => [name, seen(inputs, (secret) => secret) as Inputs]),
    );

/** The one of this name. */
export function only(found: Map<string, Inputs>, name: string): Inputs {
    const inputs = found.get(name);
    assert.ok(inputs, name);
    return inputs;
}

/** A Deployment's pods. */
export const templateOf = ({ spec }: Inputs): { metadata: Required<Inputs>["metadata"]; spec: Json } =>
    spec["template"] as { metadata: Required<Inputs>["metadata"]; spec: Json };

/** The container of a Deployment's pods. */
export function containerOf(inputs: Inputs): Container {
    const [container] = templateOf(inputs).spec["containers"] as Container[];
    assert.ok(container);
    return container;
}

/** Every pod's spec, wherever an object has one, with the name of what holds it. */
export function podsOf(program: Program): [string, Json][] {
    const deployments = [...objectsOf(program, "Deployment")].map(([name, inputs]): [string, Json] => [
        name,
        templateOf(inputs).spec,
    ]);
    const operated = ["ClickHouseInstallation", "ClickHouseKeeperInstallation"].flatMap((kind) =>
        [...objectsOf(program, kind)].map(([name, { spec }]): [string, Json] => {
            const templates = spec["templates"] as { podTemplates: { spec: Json }[] };
            return [name, templates.podTemplates[0]?.spec ?? {}];
        }),
    );
    return [...deployments, ...operated];
}
