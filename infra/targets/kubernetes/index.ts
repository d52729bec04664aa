// The kubernetes target: Kafka by Strimzi, ClickHouse by Altinity's operator, workers and pages as Deployments, all in one namespace where nothing speaks to
// anything unasked.
import { type Settings } from "../../config";
import { HyperdxContent } from "../../pipeline/dashboards";
import { type Output, type Resource, RunError } from "../../pulumi";
import { type Forwarded, Provider } from "../../resources";
import {
    dashboardsAccount,
    migrationAccount,
    peopleAccounts,
    telemetryAccount,
} from "../../services/clickhouse/accounts";
import { telemetryDatabase } from "../../services/clickhouse/tables";
import { grafanaPort } from "../../services/grafana";
import { hyperdxPorts } from "../../services/hyperdx";
import { type Target, type Worker } from "../target";
import { clickhouseInside, clickhouseService, ports, runClickhouse } from "./clickhouse";
import { collectorInside, runCollector } from "./collector";
import { createSite, type Site } from "./cluster";
import { feedLogin, kafkaInside, runKafka } from "./kafka";
import { feedsAccount, metricsAccount } from "./kafkaAccounts";
import {
    asItself,
    clickhousePasswords,
    generated,
    generatedWithSpecial,
    passwordOf,
    type Passwords,
    urlFor,
} from "./logins";
import { restrictNetwork } from "./network";
import { pageUrl, publish, runGrafana, runHyperdx, runMongodb } from "./pages";
import { dataDir, kafkaEnv, runWorker } from "./workers";

/** How the provider reaches a Service: through a port-forward it opens itself. */
function forward({ settings: { kubernetes } }: Site, service: string, port: number): Forwarded {
    const { namespace, context } = kubernetes;
    return { namespace, service, port, ...(context === "" ? {} : { context }) };
}

function needImage({ kubernetes: { image } }: Settings): void {
    if (/[:@]/.test(image) && !image.endsWith(":latest")) return;
    throw new RunError(
        `config workersImage: the kubernetes target needs the workers' image with a version or a digest, found "${image}"; build it from the Dockerfile, push it to a registry of the cluster and run pulumi config set workersImage <registry>/<name>:<version>`,
    );
}

/** Services that people and the venue's systems reach, and the port of each. */
const publishedBy = ({ console, gateway }: Settings): Record<string, number> => ({
    console: console.port,
    hyperdx: hyperdxPorts.pages,
    grafana: grafanaPort,
    ...(gateway.enabled ? { gateway: gateway.port } : {}),
});

/** Pages beside the console. */
interface Pages {
    hyperdxUrl: string;
    hyperdxPassword: Output<string>;
    grafanaUrl: string;
    grafanaPassword: Output<string>;
    /** Fills HyperDX. */
    fill: (after: Resource[]) => void;
}

function runPages(site: Site, byAccount: Passwords, policies: Resource[]): Pages {
    const { console, docker } = site.settings;
    const consoleUrl = pageUrl(site, "console", console.port);
    const hyperdxUrl = pageUrl(site, "hyperdx", hyperdxPorts.pages);
    const grafanaUrl = pageUrl(site, "grafana", grafanaPort);
    const [mongodb, grafanaPassword] = [generated("mongodb"), generated("grafana")];
    const password = generatedWithSpecial("hyperdx");
    const reader = passwordOf(byAccount, dashboardsAccount);
    const database = runMongodb(site, mongodb, policies);
    const session = generated("hyperdx-session");
    const hyperdx = runHyperdx(site, { url: hyperdxUrl, mongodb, session }, [...policies, database]);
    runGrafana(site, { url: grafanaUrl, consoleUrl, admin: grafanaPassword, clickhouse: reader }, policies);
    const fill = (after: Resource[]): void => {
        new HyperdxContent({
            url: `http://hyperdx.${site.settings.kubernetes.namespace}.svc:${String(hyperdxPorts.api)}`,
            forward: forward(site, "hyperdx", hyperdxPorts.api),
            email: docker.hyperdxEmail,
            password,
            clickhouse: { url: `http://${clickhouseInside(site)}`, username: dashboardsAccount, password: reader },
            consoleUrl,
            telemetryDatabase,
            dependsOn: [hyperdx, ...after],
        });
    };
    return { hyperdxUrl, hyperdxPassword: password, grafanaUrl, grafanaPassword, fill };
}

/** Builds the services of the kubernetes target. */
export function kubernetes(settings: Settings): Target {
    needImage(settings);
    const site = createSite(settings);
    const published = publishedBy(settings);
    const policies = restrictNetwork(site, published);
    const kafka = runKafka(site);
    const byAccount = clickhousePasswords();
    const ready = [...policies, ...kafka.ready, runClickhouse(site, byAccount, kafka.ready)];
    const token = generated("collector");
    const [clickhouse, metrics] = [
        passwordOf(byAccount, telemetryAccount),
        passwordOf(kafka.passwords, metricsAccount),
    ];
    runCollector(site, { token, clickhouse, kafka: metrics }, ready);
    const { fill, ...pages } = runPages(site, byAccount, policies);
    publish(site, Object.keys(published));
    const login = { clickhouseUser: migrationAccount, clickhousePassword: passwordOf(byAccount, migrationAccount) };
    const people = peopleAccounts.map((name) => [`${name}Password`, passwordOf(byAccount, name)] as const);
    const endpoints = { kafkaBrokers: [kafkaInside(site)], clickhouseUrl: `http://${clickhouseInside(site)}` };
    return {
        kafkaBrokers: endpoints.kafkaBrokers,
        clickhouseUrl: urlFor(byAccount, migrationAccount, clickhouseInside(site)),
        published: endpoints,
        collector: collectorInside(site, token),
        login,
        provider: new Provider("trading", {
            clickhouseUrl: endpoints.clickhouseUrl,
            clickhouseForward: forward(site, clickhouseService, ports.http),
            ...login,
            previewEntities: settings.previewEntities,
        }),
        ready,
        feedLogin: feedLogin(feedsAccount, passwordOf(kafka.passwords, feedsAccount)),
        topic: kafka.topic,
        // Within its pod, where others are to reach it.
        listenHost: "0.0.0.0",
        // A worker's Service has its name.
        urlOf: (port, worker) => pageUrl(site, worker, port),
        dataDir: () => dataDir,
        run: (worker: Worker) => {
            const inside = asItself(worker.env, worker.name, byAccount, clickhouseInside(site));
            const env = { ...inside, ...kafkaEnv(worker, kafka.passwords.get(worker.name)) };
            return runWorker(site, { ...worker, env, dependsOn: [...ready, ...worker.dependsOn] });
        },
        showDashboards: fill,
        outputs: { ...pages, ...Object.fromEntries(people) },
    };
}
