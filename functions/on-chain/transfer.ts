// A transfer as the chain has it, and as the event it becomes.
import { type Event } from "../../schema";
import { onChainTransfers } from "../../schema/facts/onChainTransfers";
import { type Watched } from "./chains";

/** A transfer that took place in a block. */
export interface Transfer {
    readonly transactionHash: string;
    /** Position in the transaction, among what is listed for the watched address. */
    readonly index: number;
    /** Block or slot. */
    readonly block: number;
    /** null on Solana, where only finalized slots are read. */
    readonly blockHash: string | null;
    /** Time of the block, ISO in UTC. */
    readonly time: string;
    readonly token: string;
    /** null for the chain's own coin. */
    readonly contract: string | null;
    readonly decimals: number;
    readonly from: string;
    readonly to: string;
    /** In the token's smallest unit. */
    readonly amount: bigint;
}

/** An event of on_chain_transfers. */
export type TransferEvent = Event<typeof onChainTransfers>;

/** What is said of a transfer. */
export interface Change {
    readonly transfer: Transfer;
    readonly status: "confirmed" | "removed";
    /** How often it was removed from its block before. */
    readonly revision: number;
}

/** A transfer that was older than this when it was found is history: it is kept, and pages nobody. */
const liveMs = 24 * 3_600_000;

/** Names a transfer among those of a watched address: the same transaction in another block is another transfer. */
export const transferKey = ({ transactionHash, index, blockHash }: Transfer): string =>
    `${transactionHash}|${index}|${blockHash ?? ""}`;

export const sourceId = (chain: string): string => `on-chain/${chain}`;

/** The event of a change; the removal carries the time of the block, so that it falls into the bucket it compensates. */
export function transferEvent({ chain, address }: Watched, change: Change, now = Date.now()): TransferEvent {
    const { transfer, status, revision } = change;
    const event = {
        event_time: transfer.time,
        source_id: sourceId(chain),
        source_seq: null,
        origin: now - Date.parse(transfer.time) > liveMs ? ("backfill" as const) : ("live" as const),
        run_id: null,
        original_time: null,
        chain,
        transaction_hash: transfer.transactionHash,
        transfer_index: String(transfer.index),
        status,
        revision: revision === 0 ? null : String(revision),
        block_number: String(transfer.block),
        block_hash: transfer.blockHash,
        token: transfer.token,
        contract_address: transfer.contract,
        decimals: String(transfer.decimals),
        from_address: transfer.from,
        to_address: transfer.to,
        amount: String(transfer.amount),
        watched_address: address,
    };
    return { ...event, event_id: onChainTransfers.eventId(event) };
}

/** ISO time of whole epoch seconds. */
export const isoSeconds = (seconds: number): string => new Date(seconds * 1000).toISOString();
