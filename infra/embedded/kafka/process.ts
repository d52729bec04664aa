/** The embedded broker as a supervised process: what the `Process` resource of a stack declares. Pure. */
import path from "node:path";
import type { ProcessSpec } from "../supervisor/protocol";
import type { BrokerPlace } from "./properties";

/** Seconds: the first start fetches 44 MB of jars. */
const FIRST_START_SECONDS = 300;

/**
 * The broker's spec; its `dir` must be absolute.
 * @param env of the machine: where Java and the cache are, if the user says so
 */
export function kafkaProcess(place: BrokerPlace, env: NodeJS.ProcessEnv): ProcessSpec {
    const names = ["JAVA_HOME", "XDG_CACHE_HOME"];
    const script = path.relative(path.resolve(__dirname, "../../.."), path.join(__dirname, "main.ts"));
    const ports = ["--port", String(place.port), "--controller-port", String(place.controllerPort)];
    return {
        // node:sqlite and process.execve warn that they are experimental.
        command: [
            "node",
            "--disable-warning=ExperimentalWarning",
            "--require",
            "tsx/cjs",
            script,
            "--dir",
            place.dir,
            ...ports,
        ],
        env: Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
        health: { tcp: `127.0.0.1:${place.port}` },
        healthTimeoutSeconds: FIRST_START_SECONDS,
    };
}
