/** What `make backup` and `make restore` work with: the stack's services, and where its ClickHouse keeps backups. */
import { cpSync, renameSync, rmSync } from "node:fs";
import path from "node:path";
import { catalogue } from "../../../schema";
import { ClickHouseService } from "../../provider/clients/clickhouse";
import { type ClickHouse } from "../../provider/clients";
import { KafkaService } from "../../provider/clients/kafka";
import { supervisorIfAlive, type SupervisorClient } from "../../embedded/supervisor/client";
import { makeCommand, stack, stackDir, up } from "../project";
import { UserError } from "../terminal";
import { type Manifest } from "./manifest";

/** A service that is not there is named, not waited for. */
const once = { seconds: 0 };

/** A stack that runs. */
export interface Place {
    clickhouse: ClickHouse;
    supervisor: SupervisorClient;
    /** Where each topic ends, in the order of its partitions. */
    ends(): Promise<Manifest["ends"]>;
}

/** Where each topic ends, in the order of its partitions. */
async function topicEnds(brokers: string): Promise<Manifest["ends"]> {
    const kafka = new KafkaService(brokers.split(","));
    const endsOf = async (topic: string, group: string): Promise<[string, string[]]> => {
        const positions = await kafka.positions(once, topic, group);
        const sorted = positions.toSorted((one, other) => one.partition - other.partition);
        return [topic, sorted.map(({ high }) => String(high))];
    };
    try {
        return Object.fromEntries(await Promise.all(catalogue.map(({ topic, group }) => endsOf(topic.name, group))));
    } finally {
        await kafka.close();
    }
}

/** @throws UserError where the stack does not run on this machine as the embedded target has it */
export async function place(): Promise<Place> {
    const { clickhouseUrl, kafkaBrokers } = await up();
    const supervisor = await supervisorIfAlive(stackDir);
    if (supervisor === undefined)
        throw new UserError(
            `stack ${stack}: no supervisor runs here, so it is stopped (${makeCommand("start")}) or not on the embedded target; ` +
                `DEPLOY.md says how the others are backed up`,
        );
    return {
        clickhouse: new ClickHouseService({ url: clickhouseUrl }).with(once),
        supervisor,
        ends: () => topicEnds(kafkaBrokers),
    };
}

/** A backup's folder where ClickHouse reads and writes it. */
export const archiveFolder = (archive: string): string => path.join(stackDir, "clickhouse", "backups", archive);

/** Moves a folder, also onto another disk. */
export function move(from: string, to: string): void {
    try {
        renameSync(from, to);
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EXDEV") throw cause;
        cpSync(from, to, { recursive: true });
        rmSync(from, { recursive: true });
    }
}
