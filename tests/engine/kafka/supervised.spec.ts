/**
 * Proves that the broker, which replaces its launcher in the same process, is adopted by a restarted supervisor, and that it comes
 * back with its topics after kill -9 of both. Does not prove what happens to messages: broker.spec.ts does.
 */
import { strict as assert } from "node:assert";
import path from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { kafkaProcess } from "../../../infra/embedded/kafka/process";
import { ensureSupervisor, supervisorIfAlive } from "../../../infra/embedded/supervisor/client";
import { revive } from "../../../infra/embedded/supervisor/revive";
import { freePort, kill9, removeFolder, temporaryFolder } from "../../support/processes";

describe("kafka: under the supervisor", function () {
    this.timeout(400_000);
    let dir: string;
    before(() => {
        dir = temporaryFolder("supervised");
    });
    after(async () => {
        await (await supervisorIfAlive(dir))?.shutdown();
        removeFolder(dir);
    });

    it("is adopted alive, and revived when dead", async () => {
        const place = { dir: path.join(dir, "kafka"), port: await freePort(), controllerPort: await freePort() };
        const client = await ensureSupervisor(dir);
        const { pid } = await client.put("kafka", kafkaProcess(place, process.env));
        await client.waitHealthy("kafka");
        const admin = new Kafka({ brokers: [`127.0.0.1:${place.port}`], logLevel: logLevel.NOTHING }).admin();
        await admin.connect();
        await admin.createTopics({
            waitForLeaders: true,
            topics: [{ topic: "kept", numPartitions: 2, replicationFactor: 1 }],
        });
        await admin.disconnect();

        kill9((await client.info()).pid);
        while ((await supervisorIfAlive(dir)) !== undefined);
        await revive(dir);
        const adopted = await client.waitHealthy("kafka");
        assert.deepEqual([adopted.pid, adopted.adopted, adopted.restarts], [pid, true, 0]);

        kill9((await client.info()).pid);
        while ((await supervisorIfAlive(dir)) !== undefined);
        kill9(pid ?? 0);
        await revive(dir);
        assert.notEqual((await client.waitHealthy("kafka")).pid, pid);
        await admin.connect();
        assert.deepEqual((await admin.listTopics()).sort(), ["kept"]);
        await admin.disconnect();
    });
});
