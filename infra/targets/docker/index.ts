// The docker target: Kafka, ClickHouse, the workers, and the pages people look at, as containers of one Docker host, on a network of their own.
import { type Container } from "@pulumi/docker";
import { type Settings } from "../../config";
import { HyperdxContent } from "../../pipeline/dashboards";
import { type Output, type Resource } from "../../pulumi";
import { Provider } from "../../resources";
import {
    dashboardsAccount,
    migrationAccount,
    peopleAccounts,
    telemetryAccount,
} from "../../services/clickhouse/accounts";
import { telemetryDatabase } from "../../services/clickhouse/tables";
import { type Target, type Worker } from "../target";
import { runClickhouse } from "./clickhouse";
import { collectorInside, runCollector } from "./collector";
import { createSite, loopback, proxyAddress, type Site } from "./container";
import { clickhouseInside } from "./endpoints";
import { kafkaInside, runKafka } from "./kafka";
import { asItself, createPasswords, generated, passwordOf, type Passwords, urlFor } from "./logins";
import { runGrafana, runHyperdx, runMongodb, runNginx } from "./pages";
import { everywhere, pagesOf, type Pages } from "./publishing";
import { buildImage, dataDir, runWorker } from "./workers";

/** Whom HyperDX's first user and Grafana's administrator log in as, and by what. */
interface PagePasswords {
    hyperdx: Output<string>;
    grafana: Output<string>;
}

/** Runs the pages; returns HyperDX, to fill it. */
function runPages(site: Site, pages: Pages, own: PagePasswords, byAccount: Passwords): Container {
    const mongodb = generated("mongodb");
    const database = runMongodb(site, mongodb);
    runGrafana(site, {
        url: pages.grafana,
        consoleUrl: pages.console,
        admin: own.grafana,
        clickhouse: passwordOf(byAccount, dashboardsAccount),
    });
    runNginx(site, pages.proxied);
    const session = generated("hyperdx-session");
    return runHyperdx(site, { url: pages.hyperdx, mongodb, session, database });
}

/** What HyperDX shows. */
function fill(
    { docker }: Settings,
    hyperdx: Container,
    { url, password, reader }: { url: string; password: Output<string>; reader: Output<string> },
    after: Resource[],
): void {
    new HyperdxContent({
        url: `http://${loopback}:${String(docker.ports.hyperdxApi)}`,
        email: docker.hyperdxEmail,
        password,
        clickhouse: { url: `http://${clickhouseInside}`, username: dashboardsAccount, password: reader },
        consoleUrl: url,
        telemetryDatabase,
        dependsOn: [hyperdx, ...after],
    });
}

/** A worker's environment as it is in its container: it logs in as itself, and believes the proxy who asks. */
const environment = (settings: Settings, { name, env }: Worker, passwords: Passwords): Worker["env"] => ({
    ...asItself(env, name, passwords),
    ...(env["TRUSTED_PROXIES"] === undefined
        ? {}
        : { TRUSTED_PROXIES: [proxyAddress(settings), ...settings.gateway.trustedProxies].join(",") }),
});

/** Builds the services of the docker target. */
export function docker(settings: Settings): Target {
    const { ports, previewEntities } = settings;
    const pages = pagesOf(settings);
    const site = createSite(settings);
    const byAccount = createPasswords();
    const own = { hyperdx: generated("hyperdx", { special: true }), grafana: generated("grafana") };
    const ready = [runKafka(site), runClickhouse(site, byAccount)];
    const token = generated("collector");
    runCollector(site, { token, clickhouse: passwordOf(byAccount, telemetryAccount), dependsOn: ready });
    const hyperdx = runPages(site, pages, own, byAccount);
    const published = {
        kafkaBrokers: [`${loopback}:${String(ports.kafka)}`],
        clickhouseUrl: `http://${loopback}:${String(ports.clickhouse)}`,
    };
    const login = { clickhouseUser: migrationAccount, clickhousePassword: passwordOf(byAccount, migrationAccount) };
    const image = buildImage(site);
    const people = peopleAccounts.map((name) => [`${name}Password`, passwordOf(byAccount, name)] as const);
    return {
        kafkaBrokers: [kafkaInside],
        clickhouseUrl: urlFor(byAccount, migrationAccount),
        published,
        login,
        collector: { url: collectorInside, token },
        provider: new Provider("trading", { ...published, ...login, previewEntities }),
        ready,
        // Within its container, where others are to reach it.
        listenHost: everywhere,
        urlOf: pages.urlOf,
        dataDir: () => dataDir,
        run: (worker: Worker) =>
            runWorker(site, image, {
                ...worker,
                env: environment(settings, worker, byAccount),
                dependsOn: [...ready, ...worker.dependsOn],
            }),
        showDashboards: (after) => {
            const reader = passwordOf(byAccount, dashboardsAccount);
            fill(settings, hyperdx, { url: pages.console, password: own.hyperdx, reader }, after);
        },
        outputs: {
            hyperdxUrl: pages.hyperdx,
            hyperdxPassword: own.hyperdx,
            grafanaUrl: pages.grafana,
            grafanaPassword: own.grafana,
            collectorToken: token,
            ...Object.fromEntries(people),
        },
    };
}
