// ClickHouse as a container, with an account for each who asks it. No password lies in a file of the container, only its hash.
import { createHash } from "node:crypto";
import type * as docker from "@pulumi/docker";
import { dockerName } from "../../names";
import { output } from "../../pulumi";
import { serverXml } from "../../services/clickhouse/server";
import { usersXml } from "../../services/clickhouse/users";
import { clickhouseHttpPort } from "./endpoints";
import { type Passwords } from "./logins";
import { bounded, container, loopback, pulled, secretFile, type Site, unprivileged, volume } from "./container";

function hashed(password: string | undefined): string {
    if (password === undefined) throw new Error("clickhouse: an account has no password");
    return createHash("sha256").update(password).digest("hex");
}

/** The image's user. */
const user = 101;
const etc = "/etc/clickhouse-server";

/** Runs ClickHouse, its HTTP interface alone published. */
export function runClickhouse(site: Site, passwords: Passwords): docker.Container {
    const { stack, ports } = site.settings;
    const data = volume(site, "clickhouse");
    const users = output(Object.fromEntries(passwords)).apply((plain) => usersXml((account) => hashed(plain[account])));
    return container(site, "clickhouse", {
        image: pulled(site, "clickhouse").imageId,
        healthcheck: {
            tests: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${String(clickhouseHttpPort)}/ping`],
            ...{ interval: "5s", timeout: "5s", retries: 6, startPeriod: "1m0s" },
        },
        ports: [{ internal: clickhouseHttpPort, external: ports.clickhouse, ip: loopback }],
        stopSeconds: 60,
        more: {
            ...unprivileged,
            user: `${String(user)}:${String(user)}`,
            // The image otherwise writes accounts of its own at each start.
            envs: ["CLICKHOUSE_SKIP_USER_SETUP=1"],
            uploads: [
                { file: `${etc}/config.d/trading.xml`, content: serverXml },
                secretFile(`${etc}/users.d/trading.xml`, users, user),
            ],
            volumes: [{ volumeName: dockerName(stack, "clickhouse"), containerPath: "/var/lib/clickhouse" }],
            ...bounded(site.settings.docker.clickhouseMemoryGb * 1_024),
            ulimits: [{ name: "nofile", soft: 262_144, hard: 262_144 }],
        },
        dependsOn: [data],
    });
}
