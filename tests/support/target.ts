// What a target asks Pulumi for, without an engine: the resources of services and workers as the SDK's mocks see them.
import { runtime } from "@pulumi/pulumi";
import { type RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { type Settings } from "../../infra/config";
import { runWorkers } from "../../infra/pipeline/workers";
import { createTarget, type Target } from "../../infra/targets";
import { project, settingsOf } from "./settings";

/** A resource as its provider would get it. */
export interface Made {
    type: string;
    name: string;
    inputs: Record<string, unknown>;
}

/** The options of a resource, of which the mocks say nothing. */
export interface Options {
    protect: boolean;
    retainOnDelete: boolean;
    deleteBeforeReplace: boolean;
    replaceOnChanges: string[];
    ignoreChanges: string[];
    /** What is made before it: types and names. */
    after: string[];
}

type Register = (request: RegisterResourceRequest, callback: (...answer: unknown[]) => void) => void;

/** What providers of third parties make up at an update; at a preview nobody knows it. */
const madeUp = { imageId: "sha256:pulled", repoDigest: "sha256:built" };

/** Kubernetes' provider gives a name to an object without one, already at a preview. */
const autonamed = ({ metadata }: Record<string, unknown>, name: string): Record<string, unknown> => ({
    metadata: { name: `${name}-named`, ...(metadata as object) },
});

/** A program without feeds: services, then workers. */
export interface Program {
    target: Target;
    /** Stack outputs of workers. */
    endpoints: Record<string, string>;
    /** In no order that means anything. */
    made: Made[];
    /** By type and name, with a space between. */
    options: ReadonlyMap<string, Options>;
}

/** Type and name of a URN. */
const idOf = (urn: string): string => urn.split("::").slice(-2).join(" ");

/** Listens to what the SDK asks its engine for, which here is the mocks. */
function watchOptions(): Map<string, Options> {
    const monitor = runtime.getMonitor();
    if (monitor === undefined) throw new Error("tests: there are no mocks");
    const options = new Map<string, Options>();
    const register = monitor.registerResource.bind(monitor) as Register;
    const watching: Register = (request, callback) => {
        options.set(`${request.getType()} ${request.getName()}`, {
            protect: request.getProtect() ?? false,
            retainOnDelete: request.getRetainondelete() ?? false,
            deleteBeforeReplace: request.getDeletebeforereplace(),
            replaceOnChanges: request.getReplaceonchangesList(),
            ignoreChanges: request.getIgnorechangesList(),
            after: request.getDependenciesList().map(idOf),
        });
        register(request, callback);
    };
    Object.assign(monitor, { registerResource: watching });
    return options;
}

/**
 * Runs services and workers of a stack.
 * @param keys config that differs from Pulumi.yaml's defaults
 * @param otherwise makes settings that config does not let through yet
 */
export async function runTarget(
    keys: Record<string, unknown>,
    preview = false,
    otherwise: (settings: Settings) => Settings = (settings) => settings,
): Promise<Program> {
    const made: Made[] = [];
    const newResource = ({ type, name, inputs }: Made): runtime.MockResourceResult => {
        made.push({ type, name, inputs });
        const state = type.startsWith("kubernetes:") ? { ...inputs, ...autonamed(inputs, name) } : inputs;
        return preview
            ? { id: undefined, state }
            : { id: `${name}-id`, state: { ...state, ...madeUp, result: `Generated1-${name}` } };
    };
    await runtime.setMocks({ newResource, call: () => ({}) }, project, "test", preview);
    const options = watchOptions();
    const settings = otherwise(settingsOf(keys));
    const target = createTarget(settings);
    const endpoints = runWorkers(settings, target, new Map(), []);
    target.showDashboards?.([]);
    await runtime.disconnect();
    return { target, endpoints, made, options };
}
