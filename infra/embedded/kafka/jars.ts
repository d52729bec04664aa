/** Kafka's jars: pinned by kafka.lock.json, fetched once with Maven, kept in the user's cache for all clones. */
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { type Lock, tryLock } from "../supervisor/lock";

const lockSchema = z.object({
    version: z.string(),
    jars: z.array(z.object({ coordinates: z.string(), file: z.string(), sha256: z.string().length(64) })).min(1),
});
/** What kafka.lock.json holds: Kafka's version and every jar by coordinates, file name and checksum. */
export type JarLock = z.infer<typeof lockSchema>;

/** Gets a line of progress. */
export type Print = (line: string) => void;

/** The list of dependencies that the lock file was made of. */
export const POM = path.join(__dirname, "pom.xml");
export const LOCK_FILE = path.join(__dirname, "kafka.lock.json");

const ATTEMPTS = 3;

export function readJarLock(): JarLock {
    return lockSchema.parse(JSON.parse(readFileSync(LOCK_FILE, "utf8")));
}

/** Where tools that all clones share are kept. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
    return path.join(env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "trading-system-monitoring");
}

/**
 * Makes sure that every jar is there with the right content. Safe to be called by many processes at once: one fetches.
 * @returns the jars' paths, in the order of the lock file
 * @throws Error saying what to do when Maven is missing, fails three times, or brings another content
 */
export async function ensureJars(print: Print, cache = cacheFolder()): Promise<string[]> {
    const lock = readJarLock();
    const folder = path.join(cache, `kafka-${lock.version}`);
    const jars = lock.jars.map(({ file }) => path.join(folder, file));
    if ((await wrongJars(lock, folder)).length === 0) return jars;
    mkdirSync(cache, { recursive: true });
    const guard = await waitForLock(path.join(cache, "kafka.lock"), print);
    try {
        if ((await wrongJars(lock, folder)).length > 0) await fetchInto(folder, lock, print);
        return jars;
    } finally {
        guard.release();
    }
}

/** The whole content is compared each time: 44 MB take 0.1 s, and a cut-off jar fails in Java in unreadable ways. */
async function wrongJars(lock: JarLock, folder: string): Promise<string[]> {
    if (!existsSync(folder)) return lock.jars.map(({ file }) => file);
    const right = await Promise.all(
        lock.jars.map(async ({ file, sha256 }) => (await sha256Of(path.join(folder, file))) === sha256),
    );
    return lock.jars.filter((_, index) => right[index] !== true).map(({ file }) => file);
}

/** In hexadecimal; undefined when there is no such file. */
export async function sha256Of(file: string): Promise<string | undefined> {
    if (!existsSync(file)) return undefined;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>)
        hash.update(chunk);
    return hash.digest("hex");
}

async function waitForLock(file: string, print: Print): Promise<Lock> {
    for (let waits = 0; ; waits += 1) {
        const lock = tryLock(file);
        if (lock !== undefined) return lock;
        if (waits % 20 === 0) print("kafka: another process is fetching the jars, waiting for it");
        await sleep(500);
    }
}

async function fetchInto(folder: string, lock: JarLock, print: Print): Promise<void> {
    const temporary = mkdtempSync(`${folder}.`);
    try {
        print(`kafka: fetching Apache Kafka ${lock.version} from Maven Central: ${lock.jars.length} jars`);
        await copyJars(temporary, new Set(lock.jars.map(({ file }) => file)), print);
        const wrong = await wrongJars(lock, temporary);
        if (wrong.length > 0) {
            throw new Error(
                `kafka: ${wrong.length} jars are not those that ${LOCK_FILE} pins, such as ${wrong[0] ?? ""}; remove ~/.m2/repository and try again, and if it stays so check the Maven mirror in use`,
            );
        }
        rmSync(folder, { recursive: true, force: true });
        renameSync(temporary, folder);
        print(`kafka: ${lock.jars.length}/${lock.jars.length} jars, checksums right`);
    } finally {
        rmSync(temporary, { recursive: true, force: true });
    }
}

/**
 * Has Maven put all that the pom asks for into a folder. Maven, not a download of our own: it knows the user's mirrors,
 * proxies and credentials, fetches in parallel and checks transfers.
 * @param wanted the files to count for progress
 */
export async function copyJars(folder: string, wanted: ReadonlySet<string>, print: Print): Promise<void> {
    await requireMaven();
    for (let attempt = 1; ; attempt += 1) {
        const errors = await runMaven(folder, wanted, print);
        if (errors === undefined) return;
        const said = errors.slice(0, 3).join("\n  ");
        if (attempt === ATTEMPTS) {
            throw new Error(
                `kafka: Maven could not fetch the jars in ${ATTEMPTS} tries, it said\n  ${said}\ncheck the network and ~/.m2/settings.xml`,
            );
        }
        print(`kafka: Maven failed (${errors[0] ?? "without a word"}), trying again in ${attempt * 2} s`);
        await sleep(attempt * 2_000);
    }
}

/** @returns undefined when all went well, else Maven's error lines */
async function runMaven(folder: string, wanted: ReadonlySet<string>, print: Print): Promise<string[] | undefined> {
    const options = ["--batch-mode", "--strict-checksums", "--update-snapshots", "-Dstyle.color=never"];
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${folder}`, "-Dmdep.overWriteReleases=true"];
    const child = spawn("mvn", ["-f", POM, ...options, ...goal], { stdio: ["ignore", "pipe", "pipe"] });
    // What the start script itself complains of, such as a wrong JAVA_HOME.
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    const closed = new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
    });
    const errors: string[] = [];
    let count = 0;
    for await (const line of createInterface({ input: child.stdout })) {
        if (line.startsWith("[ERROR] ") && line.length > 9) errors.push(line.slice(8));
        const file = downloadedJar(line);
        if (file === undefined || !wanted.has(file)) continue;
        count += 1;
        if (count % 5 === 0) print(`kafka: ${count}/${wanted.size} jars`);
    }
    return (await closed) === 0
        ? undefined
        : [...errors, ...complaints.split("\n").filter((line) => line.trim() !== "")];
}

/** The file name in a line of Maven's such as `Downloaded from central: https://…/x-1.0.jar (1.2 MB at 3 MB/s)`. */
export function downloadedJar(line: string): string | undefined {
    return /Downloaded from \S+: \S*\/([^/\s]+\.jar)\b/.exec(line)?.[1];
}

async function requireMaven(): Promise<void> {
    try {
        await promisify(execFile)("mvn", ["--version"]);
    } catch (error) {
        throw new Error(
            "kafka: Maven fetches Kafka's jars, and `mvn` cannot be run; install it (Debian: apt-get install maven, macOS: brew install maven)",
            { cause: error },
        );
    }
}
