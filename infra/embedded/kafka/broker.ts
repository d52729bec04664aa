/** Prepares a broker's folder for a start: settings, storage, and the checks whose failure Kafka itself reports badly. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { z } from "zod";
import { isAlive, processIdentity } from "../supervisor/identity";
import type { Print } from "./jars";
import { javaCommand } from "./java";
import { type BrokerPlace, FORMAT_FEATURES, LOG4J_PROPERTIES, brokerFiles, serverProperties } from "./properties";

const runningSchema = z.object({ pid: z.number(), identity: z.string(), port: z.number() });

/**
 * @throws Error when a broker already runs on this folder, or one of the ports is taken
 */
export async function claimPlace(place: BrokerPlace): Promise<void> {
    const { root, running } = brokerFiles(place.dir);
    mkdirSync(root, { recursive: true, mode: 0o700 });
    const other = readRunning(running);
    if (other !== undefined && other.pid !== process.pid && isAlive(other.pid, other.identity)) {
        throw new Error(
            `kafka: a folder serves one broker, found pid ${other.pid} running on ${root} with port ${other.port}; stop it or use another folder`,
        );
    }
    await requireFreePort(place.port, "--port (stack config kafkaPort)");
    await requireFreePort(place.controllerPort, "--controller-port (stack config kafkaControllerPort)");
    const identity = processIdentity(process.pid) ?? "";
    writeFileSync(running, JSON.stringify({ pid: process.pid, identity, port: place.port }));
}

/** Writes the settings and, the first time, formats the storage; an interrupted format is completed by the next call. */
export async function prepareStorage(place: BrokerPlace, jars: readonly string[], print: Print): Promise<void> {
    const files = brokerFiles(place.dir);
    writeFileSync(files.properties, serverProperties(place));
    writeFileSync(files.log4j, LOG4J_PROPERTIES);
    if (existsSync(files.meta)) return;
    if (!existsSync(files.clusterId)) writeFileSync(files.clusterId, newClusterId());
    const id = readFileSync(files.clusterId, "utf8").trim();
    const features = FORMAT_FEATURES.flatMap((feature) => ["--feature", feature]);
    const args = ["format", "--ignore-formatted", "--cluster-id", id, "--config", files.properties, ...features];
    const options = [
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        `-Dlog4j2.configurationFile=${files.log4j}`,
    ];
    const [java = "", ...rest] = javaCommand(jars, options, "kafka.tools.StorageTool", args);
    try {
        await promisify(execFile)(java, rest);
    } catch (error) {
        const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
        throw new Error(
            `kafka: the storage ${files.data} cannot be formatted, the tool said ${said}; is the disk full?`,
            {
                cause: error,
            },
        );
    }
    print(`kafka: formatted ${files.data} for cluster ${id}`);
}

/** 16 random bytes as Kafka writes them: base64 for URLs; not beginning with a dash, which the tools take for an option. */
export function newClusterId(): string {
    const id = randomBytes(16).toString("base64url");
    return id.startsWith("-") ? newClusterId() : id;
}

function readRunning(file: string): z.infer<typeof runningSchema> | undefined {
    if (!existsSync(file)) return undefined;
    try {
        return runningSchema.parse(JSON.parse(readFileSync(file, "utf8")));
    } catch {
        // Cut off by a crash; Kafka's own lock on the data still guards it.
        return undefined;
    }
}

async function requireFreePort(port: number, option: string): Promise<void> {
    const server = createServer();
    try {
        await new Promise<void>((resolve, reject) => {
            server.once("error", reject);
            server.listen(port, "127.0.0.1", resolve);
        });
    } catch (error) {
        const reason =
            error instanceof Error && "code" in error && error.code === "EADDRINUSE" ? "in use" : String(error);
        throw new Error(
            `kafka: it shall listen on 127.0.0.1:${port}, found that port ${reason}; stop what holds it (\`ss -ltnp\` names it) or choose another with ${option}`,
            { cause: error },
        );
    }
    await new Promise((resolve) => server.close(resolve));
}
