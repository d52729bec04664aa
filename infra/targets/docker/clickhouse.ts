// ClickHouse as a container, with one account: this program's. Its password lies in no file of the container, only its hash.
import { createHash } from "node:crypto";
import type * as docker from "@pulumi/docker";
import { dockerName } from "../../names";
import { type Output } from "../../pulumi";
import { container, loopback, pulled, type Site, volume } from "./container";

const httpPort = 8_123;

/** Where containers of the stack's network reach it; without scheme and login. */
export const clickhouseInside = `clickhouse:${String(httpPort)}`;

/** The account that the provider and the workers use. */
export const clickhouseUser = "trading";

/**
 * What differs from the server's own defaults. As in the embedded engine, each feed has a thread to consume with, and a row is on the disk
 * before Kafka hears that it was read. The server's tables about itself, of which nobody reads some, would grow without end.
 */
const config = `<clickhouse>
    <timezone>UTC</timezone>
    <max_server_memory_usage_to_ram_ratio>0.6</max_server_memory_usage_to_ram_ratio>
    <background_message_broker_schedule_pool_size>32</background_message_broker_schedule_pool_size>
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
        <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
        <min_compressed_bytes_to_fsync_after_merge>1</min_compressed_bytes_to_fsync_after_merge>
    </merge_tree>
    <query_log><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></query_log>
    <query_views_log><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></query_views_log>
    <part_log><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></part_log>
    <trace_log remove="1"/>
    <text_log remove="1"/>
    <metric_log remove="1"/>
    <asynchronous_metric_log remove="1"/>
    <query_metric_log remove="1"/>
    <processors_profile_log remove="1"/>
</clickhouse>
`;

/** The account instead of the server's `default`, which has no password. It makes no other accounts, so it has no right to. */
const users = (passwordSha256: string): string => `<clickhouse>
    <users>
        <default remove="remove"/>
        <${clickhouseUser}>
            <password_sha256_hex>${passwordSha256}</password_sha256_hex>
            <networks><ip>::/0</ip></networks>
            <profile>default</profile>
            <quota>default</quota>
            <named_collection_control>1</named_collection_control>
        </${clickhouseUser}>
    </users>
</clickhouse>
`;

const etc = "/etc/clickhouse-server";

/** Runs ClickHouse, its HTTP interface alone published. */
export function runClickhouse(site: Site, password: Output<string>): docker.Container {
    const { stack, ports } = site.settings;
    const data = volume(site, "clickhouse");
    const hash = password.apply((plain) => createHash("sha256").update(plain).digest("hex"));
    return container(site, "clickhouse", {
        image: pulled("clickhouse").imageId,
        healthcheck: {
            tests: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${String(httpPort)}/ping`],
            ...{ interval: "5s", timeout: "5s", retries: 6, startPeriod: "1m0s" },
        },
        ports: [{ internal: httpPort, external: ports.clickhouse, ip: loopback }],
        stopSeconds: 60,
        more: {
            // The image otherwise writes accounts of its own at each start.
            envs: ["CLICKHOUSE_SKIP_USER_SETUP=1"],
            uploads: [
                { file: `${etc}/config.d/trading.xml`, content: config },
                { file: `${etc}/users.d/trading.xml`, content: hash.apply(users) },
            ],
            volumes: [{ volumeName: dockerName(stack, "clickhouse"), containerPath: "/var/lib/clickhouse" }],
            ulimits: [{ name: "nofile", soft: 262_144, hard: 262_144 }],
        },
        dependsOn: [data],
    });
}
