// Loaded by mocha before any suite: what all suites of a run share ends with the run.
import { stopSharedKafka } from "./kafka";
import { stopSharedStack } from "./stack";

// A broker of a suite lives for seconds, and spends half of what it costs on compiling what it runs unless that is left to Java's first compiler.
process.env["JDK_JAVA_OPTIONS"] ??= "-XX:TieredStopAtLevel=1";

export async function mochaGlobalTeardown(): Promise<void> {
    await stopSharedStack();
    await stopSharedKafka();
}
