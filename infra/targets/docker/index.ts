// The docker target: Kafka, ClickHouse and the workers as containers of one Docker host, on a network of their own.
import { RandomPassword } from "@pulumi/random";
import { type Settings } from "../../config";
import { interpolate, secret } from "../../pulumi";
import { Provider } from "../../resources";
import { type Target, type Worker } from "../target";
import { clickhouseInside, clickhouseUser, runClickhouse } from "./clickhouse";
import { createSite, loopback } from "./container";
import { kafkaInside, runKafka } from "./kafka";
import { buildImage, dataDir, runWorker } from "./workers";

const everywhere = "0.0.0.0";

/** Builds the services of the docker target. */
export function docker(settings: Settings): Target {
    const { ports, publishHost, previewEntities } = settings;
    const site = createSite(settings);
    // Letters and digits, for it is part of a URL.
    const password = secret(new RandomPassword("clickhouse", { length: 32, special: false }).result);
    const ready = [runKafka(site), runClickhouse(site, password)];
    const published = {
        kafkaBrokers: [`${loopback}:${String(ports.kafka)}`],
        clickhouseUrl: `http://${loopback}:${String(ports.clickhouse)}`,
    };
    const login = { clickhouseUser, clickhousePassword: password };
    const image = buildImage(site);
    return {
        kafkaBrokers: [kafkaInside],
        clickhouseUrl: interpolate`http://${clickhouseUser}:${password}@${clickhouseInside}`,
        published,
        login,
        provider: new Provider("trading", { ...published, ...login, previewEntities }),
        ready,
        // Within its container, where others are to reach it.
        listenHost: everywhere,
        urlOf: (port) => `http://${publishHost === everywhere ? loopback : publishHost}:${String(port)}`,
        dataDir: () => dataDir,
        run: (worker: Worker) => runWorker(site, image, { ...worker, dependsOn: [...ready, ...worker.dependsOn] }),
    };
}
