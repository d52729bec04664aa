/** A real broker on free ports for tests: the same launcher, settings and jars as the embedded stack's. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { probe } from "../../infra/embedded/supervisor/health";
import { tailLog } from "../../infra/embedded/supervisor/logs";
import { PROJECT_DIR } from "../../infra/embedded/supervisor/paths";
import { kafkaProcess } from "../../infra/embedded/kafka/process";
import { type BrokerPlace, brokerFiles } from "../../infra/embedded/kafka/properties";
import { createKafka } from "../../functions/shared/kafkajs";
import { freePort, removeFolder, temporaryFolder, until } from "./processes";

/** A running broker. Everything it writes is in the folder it was given; the test removes that. */
export interface TestKafka {
    readonly brokers: string[];
    readonly place: BrokerPlace;
    /** Changes with every restart. */
    readonly pid: number;
    readonly logFile: string;
    /** SIGTERM, and waits for the end; nothing when it is not running. */
    stop(): Promise<void>;
    /** kill -9, and waits for the end. */
    kill9(): Promise<void>;
    /** Starts it again on the same ports and data, after stopping it if it runs; returns once it answers. */
    restart(): Promise<void>;
}

/** Milliseconds: the first start on a machine fetches the jars. */
const START_TIMEOUT_MS = 300_000;

/**
 * Starts a broker with its data in `dir`; returns once it answers.
 * @throws Error with the end of its log
 */
export async function startKafka({ dir }: { dir: string }): Promise<TestKafka> {
    const place = { dir, port: await freePort(), controllerPort: await freePort() };
    const logFile = path.join(dir, "broker.log");
    mkdirSync(dir, { recursive: true });
    let broker = await launch(place, logFile);
    const end = async (signal: NodeJS.Signals) => {
        if (broker.exitCode !== null || broker.signalCode !== null) return;
        const exited = new Promise((resolve) => broker.once("exit", resolve));
        broker.kill(signal);
        await exited;
    };
    return {
        brokers: [`127.0.0.1:${place.port}`],
        place,
        logFile,
        get pid() {
            return broker.pid ?? 0;
        },
        stop: () => end("SIGTERM"),
        kill9: () => end("SIGKILL"),
        async restart() {
            await end("SIGTERM");
            broker = await launch(place, logFile);
        },
    };
}

let shared: Promise<TestKafka> | undefined;

/** One broker without topics for all suites that leave it running; the run's last hook ends it. */
export async function sharedKafka(): Promise<TestKafka> {
    shared ??= startKafka({ dir: temporaryFolder("kafka") });
    const broker = await shared;
    await removeTopics(broker.brokers);
    return broker;
}

/** Ends the shared broker, where there is one. */
export async function stopSharedKafka(): Promise<void> {
    const broker = await shared?.catch(() => undefined);
    shared = undefined;
    await broker?.stop();
    if (broker !== undefined) removeFolder(broker.place.dir);
}

async function removeTopics(brokers: string[]): Promise<void> {
    const admin = createKafka({ clientId: "test", brokers, retry: { retries: 20, maxRetryTime: 1_000 } }).admin();
    await admin.connect();
    try {
        const left = async (): Promise<string[]> =>
            (await admin.listTopics()).filter((topic) => topic !== "__consumer_offsets");
        const topics = await left();
        if (topics.length > 0) await admin.deleteTopics({ topics });
        await until("the topics of earlier suites are gone", async () => (await left()).length === 0);
    } finally {
        await admin.disconnect();
    }
}

async function launch(place: BrokerPlace, logFile: string): Promise<ChildProcess> {
    const { command, env } = kafkaProcess(place, process.env);
    const [, ...args] = command;
    const { PATH, HOME, JDK_JAVA_OPTIONS } = process.env;
    const log = openSync(logFile, "a");
    const child = spawn(process.execPath, args, {
        cwd: PROJECT_DIR,
        env: { PATH, HOME, JDK_JAVA_OPTIONS, ...env },
        stdio: ["ignore", log, log],
    });
    closeSync(log);
    const { meta } = brokerFiles(place.dir);
    const deadline = Date.now() + START_TIMEOUT_MS;
    // Formatted as well: a stranger that took the port meanwhile would answer too.
    const ready = async () => existsSync(meta) && (await probe({ tcp: `127.0.0.1:${place.port}` }, 1_000));
    while (!(await ready())) {
        if (child.exitCode !== null || Date.now() > deadline) {
            child.kill("SIGKILL");
            throw new Error(`test broker: did not start; its log ends with\n${tailLog(logFile, 10).join("\n")}`);
        }
        await sleep(50);
    }
    return child;
}
