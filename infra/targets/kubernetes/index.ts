// The kubernetes target: Kafka by Strimzi, ClickHouse by Altinity's operator, workers as Deployments, all in one namespace where nothing speaks to anything unasked.
import { type Settings } from "../../config";
import { RunError } from "../../pulumi";
import { Provider } from "../../resources";
import { migrationAccount, peopleAccounts } from "../../services/clickhouse/accounts";
import { type Target, type Worker } from "../target";
import { caFile, clickhouseInside, clickhouseService, ports, runClickhouse } from "./clickhouse";
import { createSite, type Site } from "./cluster";
import { feedLogin, kafkaInside, runKafka } from "./kafka";
import { feedsAccount } from "./kafkaAccounts";
import { asItself, clickhousePasswords, passwordOf, urlFor } from "./logins";
import { restrictNetwork } from "./network";
import { dataDir, kafkaEnv, runWorker } from "./workers";

/** How the provider reaches ClickHouse: through a port-forward it opens itself. */
function forward({ settings: { kubernetes } }: Site): {
    namespace: string;
    service: string;
    port: number;
    context?: string;
} {
    const { namespace, context } = kubernetes;
    return { namespace, service: clickhouseService, port: ports.http, ...(context === "" ? {} : { context }) };
}

function needImage({ kubernetes: { image } }: Settings): void {
    if (/[:@]/.test(image) && !image.endsWith(":latest")) return;
    throw new RunError(
        `config workersImage: the kubernetes target needs the workers' image with a version or a digest, found "${image}"; build it from the Dockerfile, push it to a registry of the cluster and run pulumi config set workersImage <registry>/<name>:<version>`,
    );
}

/** Builds the services of the kubernetes target. */
export function kubernetes(settings: Settings): Target {
    needImage(settings);
    const site = createSite(settings);
    const { namespace } = settings.kubernetes;
    const policies = restrictNetwork(site);
    const kafka = runKafka(site);
    const byAccount = clickhousePasswords();
    const clickhouse = runClickhouse(site, byAccount, kafka.ready);
    const ready = [...policies, ...kafka.ready, clickhouse];
    const login = { clickhouseUser: migrationAccount, clickhousePassword: passwordOf(byAccount, migrationAccount) };
    const people = peopleAccounts.map((name) => [`${name}Password`, passwordOf(byAccount, name)] as const);
    const published = { kafkaBrokers: [kafkaInside(site)], clickhouseUrl: `http://${clickhouseInside(site)}` };
    return {
        kafkaBrokers: published.kafkaBrokers,
        clickhouseUrl: urlFor(byAccount, migrationAccount, clickhouseInside(site)),
        published,
        login,
        provider: new Provider("trading", {
            clickhouseUrl: published.clickhouseUrl,
            clickhouseForward: forward(site),
            ...login,
            previewEntities: settings.previewEntities,
        }),
        ready,
        feedLogin: feedLogin(feedsAccount, passwordOf(kafka.passwords, feedsAccount), caFile),
        topic: kafka.topic,
        // Within its pod, where others are to reach it.
        listenHost: "0.0.0.0",
        // A worker's Service has its name.
        urlOf: (port, worker) => `http://${worker}.${namespace}.svc:${String(port)}`,
        dataDir: () => dataDir,
        run: (worker: Worker) => {
            const inside = asItself(worker.env, worker.name, byAccount, clickhouseInside(site));
            const env = { ...inside, ...kafkaEnv(worker, kafka.passwords.get(worker.name)) };
            return runWorker(site, { ...worker, env, dependsOn: [...ready, ...worker.dependsOn] });
        },
        outputs: Object.fromEntries(people),
    };
}
