/** A development tool: after a change of pom.xml, has Maven resolve it and writes kafka.lock.json anew. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type JarLock, LOCK_FILE, POM, copyJars, sha256Of } from "./jars";

async function main(): Promise<void> {
    const folder = mkdtempSync(path.join(tmpdir(), "kafka-lock-"));
    try {
        await copyJars(folder, new Set(), (line) => process.stdout.write(`${line}\n`));
        const coordinates = await listDependencies(path.join(folder, "list.txt"));
        const jars: JarLock["jars"] = [];
        for (const file of readdirSync(folder).filter((name) => name.endsWith(".jar"))) {
            const found = coordinates.get(file);
            if (found === undefined) throw new Error(`update-lock: Maven copied ${file} but does not list it`);
            jars.push({ coordinates: found, file, sha256: (await sha256Of(path.join(folder, file))) ?? "" });
        }
        const version = /<version>([^<]+)</.exec(readFileSync(POM, "utf8"))?.[1] ?? "";
        writeFileSync(LOCK_FILE, `${JSON.stringify({ version, jars }, null, 2)}\n`);
        process.stdout.write(`${LOCK_FILE}: Kafka ${version}, ${jars.length} jars\n`);
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** File name -> `group:artifact:version`, from lines such as `   org.slf4j:slf4j-api:jar:1.7.36:compile`. */
async function listDependencies(output: string): Promise<Map<string, string>> {
    await promisify(execFile)("mvn", [
        "-f",
        POM,
        "--batch-mode",
        "--quiet",
        "dependency:list",
        `-DoutputFile=${output}`,
    ]);
    const found = readFileSync(output, "utf8").matchAll(/^ +([\w.-]+):([\w.-]+):jar:([\w.-]+):/gm);
    return new Map(
        [...found].map(([, group = "", artifact = "", version = ""]) => [
            `${artifact}-${version}.jar`,
            `${group}:${artifact}:${version}`,
        ]),
    );
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
});
