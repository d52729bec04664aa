// For tests of the watcher: its parts against fake servers, with what goes out kept in memory.
import { pino } from "pino";
import { type Endpoint } from "../../functions/on-chain/ask";
import { type EvmChain, evmChains, type Watched } from "../../functions/on-chain/chains";
import { Etherscan } from "../../functions/on-chain/etherscan/api";
import { type List } from "../../functions/on-chain/etherscan/decode";
import { ListReader } from "../../functions/on-chain/etherscan/reader";
import { type Following } from "../../functions/on-chain/following";
import { Histories } from "../../functions/on-chain/solana/history";
import { SolanaRpc } from "../../functions/on-chain/solana/rpc";
import { SolanaWallet } from "../../functions/on-chain/solana/wallet";
import { Standing } from "../../functions/on-chain/standing";
import { type Change } from "../../functions/on-chain/transfer";
import { HttpClient } from "../../functions/shared/http/client";
import { type NoticeBody } from "../../functions/shared/notices";

export const ethereum = evmChains.find(({ name }) => name === "ethereum") as EvmChain;

/** A way out that keeps what it gets. */
export class Kept implements Following {
    readonly changes: Change[] = [];
    readonly notices: Omit<NoticeBody, "fact">[] = [];
    readonly log = pino({ level: "silent" });
    /** While true Kafka does not take anything. */
    away = false;

    readonly deliver = (_: Watched, changes: readonly Change[]): Promise<void> => {
        if (this.away) return Promise.reject(new Error("Kafka is away"));
        this.changes.push(...changes);
        return Promise.resolve();
    };

    readonly notify = (_: string, body: Omit<NoticeBody, "fact">): Promise<void> => {
        this.notices.push(body);
        return Promise.resolve();
    };

    /** What was said so far, as the facts would show it after a restart. */
    standing(): Standing {
        const standing = new Standing();
        for (const change of this.changes) standing.note(change);
        return standing;
    }

    /** Hash, block and status of each change. */
    said(): string[] {
        return this.changes.map(({ transfer, status, revision }) => {
            const again = revision === 0 ? "" : ` again ${String(revision)}`;
            return `${status}${again} ${transfer.transactionHash.slice(0, 10)} in ${String(transfer.block)}`;
        });
    }
}

export interface EndpointOptions {
    readonly timeoutMs?: number;
    readonly attempts?: number;
    readonly secrets?: readonly string[];
    readonly privateOrigins?: readonly string[];
}

/** An endpoint to a fake server, impatient. */
export function endpointTo(url: string, options: EndpointOptions = {}): Endpoint & { outcomes: string[] } {
    const { timeoutMs = 2_000, attempts = 3, secrets = [], privateOrigins = [new URL(url).origin] } = options;
    const limits = { intervalMs: 0, timeoutMs, maxBytes: 4 * 1024 * 1024, attempts, backoffMs: 1 };
    const client = new HttpClient({ userAgent: "test", privateOrigins, ...limits });
    const outcomes: string[] = [];
    const count = (outcome: string): void => void outcomes.push(outcome);
    const signal = new AbortController().signal;
    return { name: "api", url, client, secrets, signal, backoffMs: 1, count, outcomes };
}

export interface ListOptions {
    readonly list?: List;
    readonly confirmations?: number;
    readonly reorgBlocks?: number;
    /** As a process that starts anew: what was said before is known, nothing else. */
    readonly standing?: Standing;
    readonly firstBlock?: number;
}

/** A reader of an address on a fake explorer. */
export function listReader(
    url: string,
    key: string,
    address: string,
    kept: Kept,
    options: ListOptions = {},
): ListReader {
    const { list = "txlist", confirmations = 2, reorgBlocks = 10, standing = new Standing(), firstBlock = 0 } = options;
    const api = new Etherscan(endpointTo(url), key);
    const tip = (): Promise<number> => api.tip(ethereum);
    const how = { list, confirmations, reorgBlocks, standing, tip, firstBlock: () => Promise.resolve(firstBlock) };
    const { deliver, notify, log } = kept;
    return new ListReader({ deliver, notify, log, api, chain: ethereum, address, ...how });
}

export interface WalletOptions {
    readonly standing?: Standing;
    readonly now?: () => number;
}

/** A wallet on a fake node. */
export function solanaWallet(url: string, wallet: string, kept: Kept, options: WalletOptions = {}): SolanaWallet {
    const { standing = new Standing() } = options;
    const rpc = new SolanaRpc(endpointTo(url));
    const beginning = standing.head === undefined ? { time: 0 } : { slot: standing.head };
    const histories = new Histories(rpc, wallet, beginning);
    const { deliver, notify, log } = kept;
    const clock = options.now === undefined ? {} : { now: options.now };
    return new SolanaWallet({ deliver, notify, log, rpc, wallet, standing, histories, ...clock });
}

/** Reads until there is nothing more at once. */
export async function drain(subject: { step(): Promise<boolean> }): Promise<void> {
    while (await subject.step());
}
