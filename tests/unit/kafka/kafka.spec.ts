/**
 * Proves the pure parts of the embedded broker: its settings, its process spec, what is read from Maven and Java, and that the lock
 * file fits the pom. Does not prove that the broker starts with these settings: tests/engine/kafka does.
 */
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import path from "node:path";
import { newClusterId } from "../../../infra/embedded/kafka/broker";
import { POM, cacheFolder, downloadedJar, readJarLock } from "../../../infra/embedded/kafka/jars";
import { javaBinary, javaCommand, javaMajorVersion } from "../../../infra/embedded/kafka/java";
import { kafkaProcess } from "../../../infra/embedded/kafka/process";
import { serverProperties } from "../../../infra/embedded/kafka/properties";
import { PROJECT_DIR } from "../../../infra/embedded/supervisor/paths";
import { parseSpec } from "../../../infra/embedded/supervisor/protocol";

const place = { dir: "/srv/stack/kafka", port: 9092, controllerPort: 9093 };

describe("kafka: pure parts", () => {
    it("listens on loopback only, makes no topics by itself and keeps its data in its folder", () => {
        const lines = serverProperties(place).split("\n");
        assert.ok(lines.includes("listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"));
        assert.ok(lines.includes("advertised.listeners=PLAINTEXT://127.0.0.1:9092"));
        assert.ok(lines.includes("controller.quorum.voters=1@127.0.0.1:9093"));
        assert.ok(lines.includes("auto.create.topics.enable=false"));
        assert.ok(lines.includes("log.dirs=/srv/stack/kafka/data"));
        const keys = lines.filter((line) => line.includes("=")).map((line) => line.split("=")[0]);
        assert.equal(new Set(keys).size, keys.length, "no setting twice");
    });

    it("is a process that the supervisor takes, with no more environment than it needs", () => {
        const spec = kafkaProcess(place, { JAVA_HOME: "/opt/java", PULUMI_CONFIG_PASSPHRASE: "secret" });
        assert.deepEqual(parseSpec(spec), spec);
        assert.deepEqual(spec.env, { JAVA_HOME: "/opt/java" });
        const script = spec.command.find((argument) => argument.endsWith(".ts")) ?? "";
        assert.ok(readFileSync(path.join(PROJECT_DIR, script), "utf8").includes("becomes it"));
    });

    it("pins every jar with its checksum, at the version of the pom", () => {
        const lock = readJarLock();
        const pom = readFileSync(POM, "utf8");
        assert.ok(pom.includes(`<version>${lock.version}</version>`), "run update-lock.ts after a change of pom.xml");
        assert.ok(lock.jars.some(({ coordinates }) => coordinates === `org.apache.kafka:kafka_2.13:${lock.version}`));
        for (const { coordinates, file, sha256 } of lock.jars) {
            const [, artifact = "", version = ""] = coordinates.split(":");
            assert.equal(file, `${artifact}-${version}.jar`);
            assert.match(sha256, /^[0-9a-f]{64}$/);
        }
        assert.equal(new Set(lock.jars.map(({ file }) => file)).size, lock.jars.length);
    });

    it("counts the jars in what Maven says", () => {
        const line = "Downloaded from central: https://maven.example/m2/org/x/x/1.0/x-1.0.jar (1.2 MB at 3.4 MB/s)";
        assert.equal(downloadedJar(line), "x-1.0.jar");
        assert.equal(downloadedJar(line.replace("Downloaded", "Downloading")), undefined);
        assert.equal(downloadedJar(line.replaceAll(".jar", ".pom")), undefined);
    });

    it("knows versions of Java old and new", () => {
        assert.equal(javaMajorVersion('openjdk version "17.0.15" 2025-04-15'), 17);
        assert.equal(javaMajorVersion('openjdk version "25" 2025-09-16'), 25);
        assert.equal(javaMajorVersion('java version "1.8.0_402"'), 8);
        assert.equal(javaMajorVersion("The operation couldn't be completed."), undefined);
        assert.equal(javaBinary({ JAVA_HOME: "/opt/java" }), "/opt/java/bin/java");
        assert.equal(javaBinary({}), "java");
        assert.deepEqual(javaCommand(["a.jar", "b.jar"], ["-Xmx1m"], "M", ["x"]).slice(1), [
            "-Xmx1m",
            "-cp",
            "a.jar:b.jar",
            "M",
            "x",
        ]);
    });

    it("keeps the jars in the user's cache", () => {
        assert.equal(cacheFolder({ XDG_CACHE_HOME: "/c" }), "/c/trading-system-monitoring");
        assert.match(cacheFolder({}), /\.cache\/trading-system-monitoring$/);
    });

    it("makes cluster ids as Kafka's own", () => {
        for (let round = 0; round < 200; round += 1) assert.match(newClusterId(), /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    });
});
