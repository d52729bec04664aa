// The way out for what is found: done when Kafka has it, so that what is read next never runs ahead of what is kept.
import { sourceNotices } from "../../schema";
import { onChainTransfers } from "../../schema/facts/onChainTransfers";
import { type Delivery, type Outgoing } from "../shared/delivery";
import { type Logger } from "../shared/log";
import { notice } from "../shared/notices";
import { type Following } from "./following";
import { type OnChainMetrics } from "./metrics";
import { sourceId, transferEvent } from "./transfer";

export interface OutParts {
    readonly delivery: Delivery;
    readonly metrics: OnChainMetrics;
    readonly log: Logger;
    /** Aborted when nothing more goes out; what is not known to be in Kafka by then is read again by the next process. */
    readonly stopped: AbortSignal;
}

/** Makes the way out. */
export function createOut({ delivery, metrics, log, stopped }: OutParts): Following {
    /** The APIs are read side by side, Kafka gets one batch at a time. */
    let line: Promise<unknown> = Promise.resolve();
    const send = async (chain: string, events: readonly Outgoing[]): Promise<void> => {
        const turn = line.then(() => delivery.deliver(events, stopped));
        line = turn.catch(() => undefined);
        for (const { packet, reason } of await turn)
            log.error({ chain, fact: packet.declaration.name, event: packet.lines[0] }, `refused by Kafka, ${reason}`);
    };
    return {
        log,
        deliver: async (watched, changes) => {
            if (changes.length === 0) return;
            const events = changes.map((change) => ({
                declaration: onChainTransfers,
                event: transferEvent(watched, change),
            }));
            await send(watched.chain, events);
            for (const { status } of changes) metrics.transfers.inc({ chain: watched.chain, status });
        },
        notify: async (chain, body) => {
            log.warn({ chain, kind: body.kind }, body.detail);
            const event = notice(sourceId(chain), new Date(), { ...body, fact: onChainTransfers.name });
            await send(chain, [{ declaration: sourceNotices, event }]);
        },
    };
}
