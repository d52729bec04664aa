// The targets by name.
import { type Settings } from "../config";
import { embedded } from "./embedded";
import { type Target } from "./target";

export { type Target, type Worker } from "./target";

const targets: Record<Settings["target"], (settings: Settings) => Target> = {
    embedded,
    // Loaded when they are asked for: their SDKs bring all of Pulumi's along, which embedded previews would wait for.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    docker: (settings) => (require("./docker") as typeof import("./docker")).docker(settings),
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    kubernetes: (settings) => (require("./kubernetes") as typeof import("./kubernetes")).kubernetes(settings),
};

/** Builds the services of the stack's target. */
export const createTarget = (settings: Settings): Target => targets[settings.target](settings);
