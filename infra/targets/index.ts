// The targets by name.
import { type Settings } from "../config";
import { embedded } from "./embedded";
import { type Target } from "./target";

export { type Target, type Worker } from "./target";

const targets: Record<Settings["target"], (settings: Settings) => Target> = { embedded };

/** Builds the services of the stack's target. */
export const createTarget = (settings: Settings): Target => targets[settings.target](settings);
