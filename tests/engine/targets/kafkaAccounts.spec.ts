// Proves, on a real broker that asks for SCRAM-SHA-512 over TLS and keeps to rights: both of the workers' clients log in, each account's rights let it do its own work
// and no other's, and who has no login, another's password or trusts another authority is kept out. Does not prove: Strimzi's part, which is to set users and
// rights from its objects, and ClickHouse's login by librdkafka.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { readMessages } from "../../../functions/auditor/topics";
import { Feeds } from "../../../functions/evaluator/watermark/feeds";
import { KafkaSink } from "../../../functions/shared/kafka";
import { createKafka, feedPositions } from "../../../functions/shared/kafkajs";
import { kafkaAccounts } from "../../../infra/targets/kubernetes/kafkaAccounts";
import { catalogue, marketTrades } from "../../../schema";
import { grant, type LockedKafka, startLockedKafka } from "../../support/lockedKafka";
import { removeFolder, temporaryFolder } from "../../support/processes";

const trades = marketTrades.topic.name;
const log = pino({ level: "silent" });
const message = { topic: trades, key: "BTCUSDT", value: "{}" };
const patient = { retry: { retries: 3, initialRetryTime: 100 } };
/** An account without any topic to write to is refused as a producer; one that may write others, for the topic. */
const notAuthorized = /(Topic|Cluster) authorization failed/;
/** The second is what kafkajs makes of a refusal by the group's coordinator, which others find on the same broker. */
const noGroup = /Group authorization failed|Failed to find group coordinator/;

describe("accounts of Kafka", function () {
    this.timeout(300_000);
    const dir = temporaryFolder("locked-kafka");
    let kafka: LockedKafka;

    /** Logs in as an account, the way a worker is told to. */
    const as = (account: string, password = kafka.passwordOf(account), caFile = kafka.caFile): void => {
        const login = { KAFKA_USERNAME: account, KAFKA_PASSWORD: password, KAFKA_CA_FILE: caFile };
        Object.assign(process.env, { KAFKA_BROKERS: kafka.brokers.join(","), ...login });
    };
    const nobody = (): void => {
        for (const name of ["BROKERS", "USERNAME", "PASSWORD", "CA_FILE"])
            Reflect.deleteProperty(process.env, `KAFKA_${name}`);
    };
    const send = async (topic = trades): Promise<void> => {
        const sink = new KafkaSink("test", kafka.brokers, log);
        try {
            await sink.send([{ ...message, topic }]);
        } finally {
            await sink.close();
        }
    };
    const asAdmin = async <T>(work: (admin: ReturnType<ReturnType<typeof createKafka>["admin"]>) => Promise<T>) => {
        const admin = createKafka({ clientId: "test", brokers: kafka.brokers, ...patient }).admin();
        try {
            await admin.connect();
            return await work(admin);
        } finally {
            await admin.disconnect();
        }
    };

    /** Why a consumer of this group ended. */
    const refusal = async (groupId: string): Promise<string> => {
        const consumer = createKafka({ clientId: "test", brokers: kafka.brokers }).consumer({
            groupId,
            retry: { retries: 0, restartOnFailure: () => Promise.resolve(false) },
        });
        const crashed = new Promise<string>((resolve) =>
            consumer.on("consumer.crash", ({ payload }) => resolve(payload.error.message)),
        );
        await consumer.connect();
        await consumer.subscribe({ topic: trades });
        await consumer.run({ eachMessage: () => Promise.resolve() });
        const why = await crashed;
        await consumer.disconnect();
        return why;
    };

    before(async () => {
        kafka = await startLockedKafka(dir, Object.keys(kafkaAccounts));
        const topics = [...catalogue.map(({ topic }) => topic.name), "payments"];
        await kafka.admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 1 })) });
        await grant(kafka.admin, kafkaAccounts);
    });
    afterEach(nobody);
    after(async () => {
        await kafka.stop();
        removeFolder(dir);
    });

    it("let those write who write, and only what they write", async () => {
        for (const account of ["market-data", "gateway", "matching-engine"]) {
            as(account);
            await send();
        }
        for (const account of ["sentiment", "on-chain", "evaluator", "auditor", "clickhouse", "collector"]) {
            as(account);
            await assert.rejects(send(), notAuthorized);
        }
        as("gateway");
        await assert.rejects(send("payments"), notAuthorized);
    });

    it("let the auditor and feeds read, each in groups of its own", async () => {
        const read = async (reader: string): Promise<number> => {
            const client = createKafka({ clientId: "test", brokers: kafka.brokers });
            let count = 0;
            const take = (found: readonly unknown[]): Promise<void> => {
                count += found.length;
                return Promise.resolve();
            };
            await readMessages(client, trades, new Map([[0, [0n]]]), take, reader);
            return count;
        };
        as("auditor");
        assert.equal(await read("auditor"), 1);
        as("clickhouse");
        assert.equal(await read("clickhouse"), 1);
        as("evaluator");
        assert.match(await refusal("clickhouse.market_trades"), noGroup);
        as("clickhouse");
        assert.match(await refusal("sentiment.lexicon"), noGroup);
    });

    it("let those see how far feeds are who ask for it", async () => {
        as("evaluator");
        const feeds = new Feeds("test", kafka.brokers);
        const positions = await feeds.positions(catalogue);
        await feeds.close();
        assert.equal(positions.size, catalogue.length);
        as("auditor");
        assert.equal((await asAdmin((admin) => feedPositions(admin, trades, marketTrades.group))).length, 1);
        as("collector");
        assert.equal((await asAdmin((admin) => feedPositions(admin, trades, marketTrades.group))).length, 1);
        const groups = await asAdmin((admin) => admin.listGroups());
        assert.ok(groups.groups.some(({ groupId }) => groupId.startsWith("auditor.")));
        assert.match(await refusal("auditor.of-another"), noGroup);
        as("market-data");
        await assert.rejects(
            asAdmin((admin) => feedPositions(admin, trades, marketTrades.group)),
            noGroup,
        );
    });

    it("are asked for, by a broker that is who it says", async () => {
        nobody();
        await assert.rejects(asAdmin((admin) => admin.listTopics()));
        as("gateway", "another");
        await assert.rejects(send(), /^Error: kafka: cannot produce/);
        await assert.rejects(
            asAdmin((admin) => admin.listTopics()),
            /SASL SCRAM SHA512 authentication failed/,
        );
        const other = join(dir, "other.crt");
        writeFileSync(other, await otherAuthority());
        as("gateway", kafka.passwordOf("gateway"), other);
        await assert.rejects(send(), /certificate/);
        await assert.rejects(
            asAdmin((admin) => admin.listTopics()),
            /certificate/,
        );
    });
});

/** A certificate that has signed nothing here: the first of those that Node trusts by itself. */
async function otherAuthority(): Promise<string> {
    const { rootCertificates } = await import("node:tls");
    return rootCertificates[0] ?? "";
}
