// Brings messages back from Kafka, with their bytes, to where a feed reads them line by line.
import { type Admin, type Kafka } from "kafkajs";
import { type Declaration } from "../../schema";
import { type Ledger } from "./ledger";
import { type LandingRow } from "./rowBinary";
import { readMessages, retained, type Stored, type Wanted } from "./topics";

/** A message that was brought back. */
export interface Brought {
    partition: number;
    offset: bigint;
    /** Whether it holds nothing: empty, white space or a tombstone. */
    blank: boolean;
}

const isBlank = (value: Buffer | null): boolean => value === null || value.toString("latin1").trim() === "";

/** A message as the feed reads it line by line; `why` says why it comes this way. */
function landing(message: Stored, topic: string, why: string): LandingRow {
    const error = message.value === null ? "tombstone" : isBlank(message.value) ? "empty message" : why;
    const { partition, offset, timestampMs } = message;
    return { error, raw: message.value ?? Buffer.alloc(0), key: message.key, topic, partition, offset, timestampMs };
}

/** Offsets by partition, in the order they come in. */
export function byPartition(messages: readonly { partition: number; offset: bigint }[]): Wanted {
    const wanted = new Map<number, bigint[]>();
    for (const { partition, offset } of messages) {
        const offsets = wanted.get(partition) ?? [];
        wanted.set(partition, offsets);
        offsets.push(offset);
    }
    return wanted;
}

/** Lands the wanted messages of a fact's topic; returns those Kafka still had. Each line then is a row or a dead letter. */
export async function bringBack(
    { kafka, admin, ledger }: { kafka: Kafka; admin: Admin; ledger: Ledger },
    { name: fact, topic }: Declaration,
    wanted: Wanted,
    why: string,
): Promise<Brought[]> {
    const readable = await retained(admin, topic.name, wanted);
    const brought: Brought[] = [];
    if (readable.size === 0) return brought;
    await readMessages(kafka, topic.name, readable, async (found) => {
        await ledger.land(
            fact,
            found.map((message) => landing(message, topic.name, why)),
        );
        for (const { partition, offset, value } of found) brought.push({ partition, offset, blank: isBlank(value) });
    });
    return brought;
}
