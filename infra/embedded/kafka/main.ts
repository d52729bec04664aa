/** Launches the embedded broker and becomes it. Usage: main.ts --dir <folder> --port <n> --controller-port <n> */
import { parseArgs } from "node:util";
import { claimPlace, prepareStorage } from "./broker";
import { ensureJars } from "./jars";
import { becomeProgram, javaCommand, requireJava } from "./java";
import { type BrokerPlace, brokerFiles, javaOptions } from "./properties";

function print(line: string): void {
    process.stdout.write(`${line}\n`);
}

function readPlace(): BrokerPlace {
    const options = {
        dir: { type: "string" },
        port: { type: "string" },
        "controller-port": { type: "string" },
    } as const;
    const { values } = parseArgs({ options });
    if (values.dir === undefined) throw new Error("kafka: --dir is missing; give the broker's folder");
    return {
        dir: values.dir,
        port: readPort("--port", values.port ?? "9092"),
        controllerPort: readPort("--controller-port", values["controller-port"] ?? "9093"),
    };
}

function readPort(option: string, text: string): number {
    const port = Number(text);
    if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
    throw new Error(`kafka: ${option} is a port, found ${JSON.stringify(text)}; give a number from 1 to 65535`);
}

async function main(): Promise<never> {
    const place = readPlace();
    await claimPlace(place);
    await requireJava();
    const jars = await ensureJars(print);
    await prepareStorage(place, jars, print);
    const command = javaCommand(jars, javaOptions(place.dir), "kafka.Kafka", [brokerFiles(place.dir).properties]);
    print(`kafka: starting the broker on 127.0.0.1:${place.port}`);
    // Fewer arenas: glibc otherwise keeps one for each of the broker's 80 threads.
    const env = { ...process.env, MALLOC_ARENA_MAX: "2" } as Record<string, string>;
    return becomeProgram(command, env);
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
});
