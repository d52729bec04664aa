/** Runs Kafka's Java programs: the broker, its storage tool, and the tools that measure and inspect. */
import { execFile, spawn } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { ensureJars } from "./jars";

const LEAST_JAVA = 17;

/** $JAVA_HOME's, else that of PATH. */
export function javaBinary(env: NodeJS.ProcessEnv = process.env): string {
    const home = env["JAVA_HOME"];
    return home === undefined || home === "" ? "java" : path.join(home, "bin", "java");
}

/** @throws Error saying what to install when there is no Java or one too old for Kafka 4 */
export async function requireJava(): Promise<void> {
    const java = javaBinary();
    const advice = `install Java ${LEAST_JAVA} or newer (Debian: apt-get install default-jre-headless) or set JAVA_HOME`;
    const found = await promisify(execFile)(java, ["-version"]).catch((error: unknown) => {
        throw new Error(`kafka: \`${java} -version\` cannot be run; ${advice}`, { cause: error });
    });
    const version = javaMajorVersion(found.stderr);
    if (version === undefined || version < LEAST_JAVA) {
        throw new Error(
            `kafka: Kafka needs Java ${LEAST_JAVA}, found ${version ?? "an unknown version"} (${java}); ${advice}`,
        );
    }
}

/** 17 for `openjdk version "17.0.15" 2025-04-15`, 8 for `java version "1.8.0_402"`. */
export function javaMajorVersion(text: string): number | undefined {
    const match = /version "(?:1\.)?(\d+)/.exec(text);
    return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The argv of one of Kafka's programs, Java included. */
export function javaCommand(
    jars: readonly string[],
    options: readonly string[],
    main: string,
    args: readonly string[],
): string[] {
    return [javaBinary(), ...options, "-cp", jars.join(path.delimiter), main, ...args];
}

/**
 * The argv of a command line tool such as `org.apache.kafka.tools.ProducerPerformance` or
 * `org.apache.kafka.tools.consumer.group.ConsumerGroupCommand`; fetches the jars if need be.
 */
export async function kafkaTool(main: string, args: readonly string[]): Promise<string[]> {
    const options = [
        "-Xmx256m",
        "-XX:+UseSerialGC",
        `-Dlog4j2.configurationFile=${path.join(__dirname, "tools-log4j2.properties")}`,
    ];
    return javaCommand(await ensureJars(() => undefined), options, main, args);
}

/**
 * Becomes the given program: same pid, nothing of Node left in memory. Where Node cannot do that, runs it as a child,
 * passes signals on and ends as it ended.
 */
export async function becomeProgram(command: readonly string[], env: Record<string, string>): Promise<never> {
    const [file = "", ...args] = command;
    // Present on Linux and macOS from Node 22.15 on; absent on Windows.
    const execve = (process as { execve?: typeof process.execve }).execve;
    if (execve !== undefined) execve(await onPath(file), [file, ...args], env);
    const child = spawn(file, args, { env, stdio: "inherit" });
    for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => child.kill(name));
    const code = await new Promise<number>((resolve, reject) => {
        child.once("error", reject);
        child.once("exit", (exitCode, signal) => resolve(exitCode ?? (signal === "SIGKILL" ? 137 : 143)));
    });
    process.exit(code);
}

/** execve takes a path, not a name. */
async function onPath(program: string): Promise<string> {
    if (path.isAbsolute(program)) return program;
    const { stdout } = await promisify(execFile)("/bin/sh", ["-c", 'command -v -- "$0"', program]);
    return stdout.trim();
}
