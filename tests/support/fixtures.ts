// Loaded by mocha before any suite: what all suites of a run share ends with the run.
import { stopSharedStack } from "./stack";

export async function mochaGlobalTeardown(): Promise<void> {
    await stopSharedStack();
}
