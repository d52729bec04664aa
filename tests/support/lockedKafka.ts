// A real broker that lets in who logs in by SCRAM-SHA-512 over TLS, and keeps to rights: as Strimzi sets one up, with its own listener for whoever sets the test up.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import {
    type AclEntry,
    AclOperationTypes,
    AclPermissionTypes,
    AclResourceTypes,
    type Admin,
    ResourcePatternTypes,
} from "kafkajs";
import { newClusterId } from "../../infra/embedded/kafka/broker";
import { ensureJars } from "../../infra/embedded/kafka/jars";
import { javaCommand } from "../../infra/embedded/kafka/java";
import { brokerFiles, javaOptions, LOG4J_PROPERTIES, serverProperties } from "../../infra/embedded/kafka/properties";
import { probe } from "../../infra/embedded/supervisor/health";
import { createKafka } from "../../functions/shared/kafkajs";
import { type Right } from "../../infra/targets/kubernetes/kafkaAccounts";
import { freePort } from "./processes";

const run = promisify(execFile);

/** A running broker. */
export interface LockedKafka {
    /** The listener that asks for a login. */
    brokers: string[];
    /** The certificate that signs the broker's. */
    caFile: string;
    /** For the test itself: may do everything. */
    admin: Admin;
    passwordOf(account: string): string;
    stop(): Promise<void>;
}

/** An authority, and a broker's key and certificate signed by it, in the files that Kafka reads as a PEM keystore. */
async function certificates(dir: string): Promise<{ caFile: string; keystore: string }> {
    const [caFile, caKey, key, request, certificate] = ["ca.crt", "ca.key", "key", "request", "crt"].map((name) =>
        join(dir, name),
    ) as [string, string, string, string, string];
    const extensions = join(dir, "extensions");
    writeFileSync(extensions, "subjectAltName=IP:127.0.0.1\n");
    const fresh = ["req", "-newkey", "rsa:2048", "-nodes", "-keyout"];
    await run("openssl", [...fresh, caKey, "-x509", "-days", "2", "-subj", "/CN=test-ca", "-out", caFile]);
    await run("openssl", [...fresh, key, "-subj", "/CN=broker", "-out", request]);
    const signing = ["x509", "-req", "-days", "2", "-CA", caFile, "-CAkey", caKey, "-CAcreateserial"];
    await run("openssl", [...signing, "-in", request, "-extfile", extensions, "-out", certificate]);
    const keystore = join(dir, "keystore.pem");
    const { stdout } = await run("openssl", ["pkcs8", "-topk8", "-nocrypt", "-in", key]);
    writeFileSync(keystore, stdout + (await run("openssl", ["x509", "-in", certificate])).stdout);
    return { caFile, keystore };
}

const aclOf = (account: string, { on, name, by }: Right, operation: string): AclEntry => ({
    principal: `User:${account}`,
    host: "*",
    resourceType: on === "topic" ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP,
    resourceName: name,
    resourcePatternType: by === "prefix" ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
    operation: operation === "DescribeConfigs" ? AclOperationTypes.DESCRIBE_CONFIGS : operationOf(operation),
    permissionType: AclPermissionTypes.ALLOW,
});

function operationOf(operation: string): AclOperationTypes {
    if (operation === "Read") return AclOperationTypes.READ;
    return operation === "Write" ? AclOperationTypes.WRITE : AclOperationTypes.DESCRIBE;
}

/** Gives accounts their rights, as Strimzi's user operator does. */
export async function grant(admin: Admin, accounts: Readonly<Record<string, readonly Right[]>>): Promise<void> {
    const acl = Object.entries(accounts).flatMap(([account, rights]) =>
        rights.flatMap((right) => right.operations.map((operation) => aclOf(account, right, operation))),
    );
    await admin.createAcls({ acl });
}

const passwordOf = (account: string): string => `${account}-password`;

/**
 * Starts a broker that knows these accounts, without any right yet.
 * @param dir its folder, which the test removes
 */
export async function startLockedKafka(dir: string, accounts: readonly string[]): Promise<LockedKafka> {
    const jars = await ensureJars(() => undefined);
    const [port, controllerPort, inside] = [await freePort(), await freePort(), await freePort()];
    const files = brokerFiles(dir);
    mkdirSync(files.root, { recursive: true });
    const { caFile, keystore } = await certificates(files.root);
    // Of a property that is there twice, Java takes the later one.
    const locked = {
        listeners: `SCRAM://127.0.0.1:${port},INSIDE://127.0.0.1:${inside},CONTROLLER://127.0.0.1:${controllerPort}`,
        "advertised.listeners": `SCRAM://127.0.0.1:${port},INSIDE://127.0.0.1:${inside}`,
        "listener.security.protocol.map": "SCRAM:SASL_SSL,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": "INSIDE",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.scram.scram-sha-512.sasl.jaas.config":
            "org.apache.kafka.common.security.scram.ScramLoginModule required;",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": keystore,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        // The listener of the test, where nobody logs in.
        "super.users": "User:ANONYMOUS",
    };
    const lines = Object.entries(locked).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(files.properties, serverProperties({ dir, port, controllerPort }) + lines.join(""));
    writeFileSync(files.log4j, LOG4J_PROPERTIES);
    const scram = accounts.flatMap((name) => [
        "--add-scram",
        `SCRAM-SHA-512=[name=${name},password=${passwordOf(name)}]`,
    ]);
    const format = ["format", "--cluster-id", newClusterId(), "--config", files.properties, ...scram];
    const [java = "", ...formatting] = javaCommand(jars, ["-Xmx128m"], "kafka.tools.StorageTool", format);
    await run(java, formatting);
    const [, ...starting] = javaCommand(jars, javaOptions(dir), "kafka.Kafka", [files.properties]);
    const broker = spawn(java, starting, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [broker.stdout, broker.stderr])
        stream.on("data", (data: Buffer) => (said = `${said}${data.toString()}`.slice(-5_000)));
    const answers = (): Promise<boolean> => {
        if (broker.exitCode !== null) throw new Error(`test broker: did not start; it said\n${said}`);
        return probe({ tcp: `127.0.0.1:${inside}` }, 1_000);
    };
    // Nothing here depends on how fast a machine starts Java.
    while (!(await answers())) await pause(50);
    const brokers = [`127.0.0.1:${inside}`];
    const admin = createKafka({ clientId: "test", brokers, retry: { retries: 20, maxRetryTime: 1_000 } }).admin();
    await admin.connect();
    return {
        brokers: [`127.0.0.1:${port}`],
        caFile,
        admin,
        passwordOf,
        async stop() {
            await admin.disconnect();
            const ended = new Promise((resolve) => broker.once("exit", resolve));
            broker.kill("SIGKILL");
            await ended;
        },
    };
}
