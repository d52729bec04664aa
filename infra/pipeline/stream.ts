// The way of one fact or reference: topic, table, feed. The feed comes last, since creating it starts consumption.
import * as pulumi from "../pulumi";
import { type Declaration } from "../../schema";
import { feedOf, tableOf } from "../../schema/ddl";
import { type Settings } from "../config";
import { kebab } from "../names";
import { Feed, Table, Topic } from "../resources";
import { type Target } from "../targets";

const hourMs = 3_600_000;

/** Topic configuration as the broker knows it. The broker's own clock stamps messages: admission and dead letters count on it. */
function topicConfig({ topic }: Declaration): Record<string, string> {
    const kept: Record<string, string> = topic.compacted
        ? { "cleanup.policy": "compact", "min.compaction.lag.ms": String(topic.retentionHours * hourMs) }
        : {
              "cleanup.policy": "delete",
              "retention.ms": String(topic.retentionHours * hourMs),
              "retention.bytes": String(topic.retentionBytes),
          };
    return { ...kept, "max.message.bytes": String(topic.maxMessageBytes), "message.timestamp.type": "LogAppendTime" };
}

/**
 * How often a feed polls and writes: an event waits for the poll it comes in and, after a poll without events, for the pause before. A poll without
 * events costs ClickHouse some 3 ms of CPU all the same (it makes a pipeline through all of a feed's views first), so pauses are what idle is made of.
 */
function feedSettings({ pace }: Declaration, flushIntervalMs: number): Record<string, number> {
    const flushMs = flushIntervalMs * (pace === "relaxed" ? 4 : 1);
    const pauseMs = Math.round(flushIntervalMs * (pace === "relaxed" ? 6 : 2 / 3));
    return {
        kafka_flush_interval_ms: flushMs,
        kafka_poll_timeout_ms: flushMs,
        kafka_consumer_reschedule_ms: pauseMs,
    };
}

/** Topic, table and feed of a declaration. */
export class Stream extends pulumi.ComponentResource {
    readonly feed: Feed;

    constructor(declaration: Declaration, settings: Settings, target: Target, after: pulumi.Resource[]) {
        const name = kebab(declaration.name);
        super("trading:pipeline:Stream", name, {});
        const options = { parent: this, provider: target.provider };
        const { onDelete, futureHours, flushIntervalMs } = settings;
        const retentionDays = settings.retentionDays(declaration.name);
        const { name: topicName, partitions } = declaration.topic;
        const wanted = { name: topicName, partitions, config: topicConfig(declaration), onDelete };
        const beforehand = { ...options, dependsOn: target.ready };
        const topic = target.topic?.(name, wanted, beforehand) ?? new Topic(name, wanted, beforehand);
        const table = new Table(
            name,
            { ...tableOf(declaration, retentionDays), allowDrop: [...declaration.allowDrop], onDelete },
            { ...options, dependsOn: after },
        );
        const kafka = feedSettings(declaration, flushIntervalMs);
        this.feed = new Feed(name, feedOf(declaration, { retentionDays, futureHours, settings: kafka }), {
            ...options,
            dependsOn: [...after, topic, table],
        });
        this.registerOutputs({});
    }
}
