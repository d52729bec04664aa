// What ClickHouse knows: the transfers already written, from which reading goes on, and the addresses the venue declares as its own.
import { type ClickHouseClient } from "@clickhouse/client";
import { type Admin } from "kafkajs";
import { databases, qualified } from "../../schema/ddl";
import { onChainTransfers } from "../../schema/facts/onChainTransfers";
import { feedPositions } from "../shared/kafkajs";
import { type Watched } from "./chains";
import { Standing } from "./standing";
import { sourceId } from "./transfer";

const transfers = qualified(databases.trading, onChainTransfers.name);
const addresses = qualified(databases.trading, "addresses");

/** Rows as they were written, the last ones of each address and listing. Rows of other sources (the simulator) are none of ours. */
const recentSql = `
WITH mine AS (
    SELECT *, isNull(contract_address) AS of_coin
    FROM ${transfers}
    WHERE source_id = {source:String} AND run_id IS NULL AND chain = {chain:String} AND watched_address = {address:String}
), heads AS (SELECT of_coin, max(block_number) AS head FROM mine GROUP BY of_coin)
SELECT transaction_hash, transfer_index, block_number, block_hash, toUnixTimestamp64Milli(event_time) AS time_ms, token,
    contract_address, decimals, from_address, to_address, toString(amount) AS amount, status, ifNull(revision, 0) AS revision, of_coin
FROM mine INNER JOIN heads USING (of_coin)
WHERE block_number + {blocks:UInt64} >= head
ORDER BY revision, status`;

/** Addresses in the state that holds now, of the roles that are the venue's own. */
const ownSql = `
SELECT chain, address
FROM ${addresses}
WHERE valid_from <= now64(6) AND (valid_to IS NULL OR valid_to > now64(6)) AND active
    AND role IN ('hot_wallet', 'cold_wallet', 'treasury', 'deposit')
ORDER BY chain, address`;

interface Row {
    transaction_hash: string;
    transfer_index: number;
    block_number: number;
    block_hash: string | null;
    time_ms: number;
    token: string;
    contract_address: string | null;
    decimals: number;
    from_address: string;
    to_address: string;
    amount: string;
    status: "confirmed" | "removed";
    revision: number;
    of_coin: number | boolean;
}

/** What was said of an address before, by listing. */
export interface Known {
    /** Transfers of the chain's own coin. */
    readonly coin: Standing;
    readonly token: Standing;
    /** Both together. */
    readonly all: Standing;
}

/** Reads of the worker; every value is bound. */
export class Facts {
    constructor(private readonly client: ClickHouseClient) {}

    /** What was said of an address, back to `blocks` below the newest of each listing. */
    async known({ chain, address }: Watched, blocks: number): Promise<Known> {
        const parameters = { source: sourceId(chain), chain, address, blocks };
        const known: Known = { coin: new Standing(), token: new Standing(), all: new Standing() };
        for (const row of await this.rows<Row>(recentSql, parameters)) {
            const transfer = {
                transactionHash: row.transaction_hash,
                index: row.transfer_index,
                block: row.block_number,
                blockHash: row.block_hash,
                time: new Date(row.time_ms).toISOString(),
                token: row.token,
                contract: row.contract_address,
                decimals: row.decimals,
                from: row.from_address,
                to: row.to_address,
                amount: BigInt(row.amount),
            };
            const { status, revision } = row;
            for (const standing of [row.contract_address === null ? known.coin : known.token, known.all])
                standing.note({ transfer, status, revision });
        }
        return known;
    }

    /** The venue's own addresses, as its reference data has them. */
    own(): Promise<{ chain: string; address: string }[]> {
        return this.rows(ownSql);
    }

    private async rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
        const result = await this.client.query({
            query,
            query_params: parameters,
            format: "JSONEachRow",
            clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
        });
        return result.json<T>();
    }
}

/**
 * Messages of the fact's topic, up to its ends, that its feed has not written: while there are any, the facts do not show all that was
 * acknowledged before, and a transfer removed since would not be missed.
 */
export async function unwritten(admin: Admin, ends: ReadonlyMap<number, bigint>): Promise<bigint> {
    const now = await feedPositions(admin, onChainTransfers.topic.name, onChainTransfers.group);
    return now.reduce((sum, { partition, committed }) => {
        const left = (ends.get(partition) ?? 0n) - committed;
        return left > 0n ? sum + left : sum;
    }, 0n);
}

/** Where the fact's topic ends now, by partition. */
export async function topicEnds(admin: Admin): Promise<Map<number, bigint>> {
    const now = await feedPositions(admin, onChainTransfers.topic.name, onChainTransfers.group);
    return new Map(now.map(({ partition, high }) => [partition, high]));
}
