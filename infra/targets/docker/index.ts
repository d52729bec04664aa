// The docker target: Kafka, ClickHouse and the workers as containers of one Docker host, on a network of their own.
import { type Settings } from "../../config";
import { Provider } from "../../resources";
import { type Target, type Worker } from "../target";
import { migrationAccount } from "../../services/clickhouse/accounts";
import { runClickhouse } from "./clickhouse";
import { createSite, loopback } from "./container";
import { kafkaInside, runKafka } from "./kafka";
import { asItself, passwordOf, createPasswords, urlFor } from "./logins";
import { buildImage, dataDir, runWorker } from "./workers";

const everywhere = "0.0.0.0";

/** Builds the services of the docker target. */
export function docker(settings: Settings): Target {
    const { ports, publishHost, previewEntities } = settings;
    const site = createSite(settings);
    const passwords = createPasswords();
    const clickhousePassword = passwordOf(passwords, migrationAccount);
    const ready = [runKafka(site), runClickhouse(site, passwords)];
    const published = {
        kafkaBrokers: [`${loopback}:${String(ports.kafka)}`],
        clickhouseUrl: `http://${loopback}:${String(ports.clickhouse)}`,
    };
    const login = { clickhouseUser: migrationAccount, clickhousePassword };
    const image = buildImage(site);
    return {
        kafkaBrokers: [kafkaInside],
        clickhouseUrl: urlFor(passwords, migrationAccount),
        published,
        login,
        provider: new Provider("trading", { ...published, ...login, previewEntities }),
        ready,
        // Within its container, where others are to reach it.
        listenHost: everywhere,
        urlOf: (port) => `http://${publishHost === everywhere ? loopback : publishHost}:${String(port)}`,
        dataDir: () => dataDir,
        run: ({ env, ...worker }: Worker) =>
            runWorker(site, image, {
                ...worker,
                env: asItself(env, worker.name, passwords),
                dependsOn: [...ready, ...worker.dependsOn],
            }),
    };
}
