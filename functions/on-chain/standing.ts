// What has been said of an address so far, and what is to be said next: the difference between the facts and the chain.
import { type Change, type Transfer, transferKey } from "./transfer";

/** The last word on a transfer. */
interface Said {
    readonly transfer: Transfer;
    readonly stands: boolean;
    readonly revision: number;
}

/**
 * The transfers of one listing that are facts. Only the recent ones are kept: `forget` drops those that no reorganisation reaches.
 * Reading goes on at the newest block said (`head`); since facts are written in the order of the blocks, nothing below it is missing.
 */
export class Standing {
    private readonly said = new Map<string, Said>();
    private newest: number | undefined;

    /** The newest block of which something was said. */
    get head(): number | undefined {
        return this.newest;
    }

    /** Takes in a change that is a fact, in the order they were written. */
    note({ transfer, status, revision }: Change): void {
        this.said.set(transferKey(transfer), { transfer, stands: status === "confirmed", revision });
        this.newest = Math.max(this.newest ?? 0, transfer.block);
    }

    /** Drops what lies below a block. */
    forget(below: number): void {
        for (const [key, { transfer }] of this.said) if (transfer.block < below) this.said.delete(key);
    }

    /** Transactions said to stand in a block. */
    transactionsIn(block: number): Set<string> {
        const standing = [...this.said.values()].filter(({ transfer, stands }) => stands && transfer.block === block);
        return new Set(standing.map(({ transfer }) => transfer.transactionHash));
    }

    /** Of the transfers listed those to be confirmed, in the order listed: not standing, and in a block up to `final`. */
    confirmed(listed: readonly Transfer[], final: number): Change[] {
        return listed.flatMap((transfer): Change[] => {
            const before = this.said.get(transferKey(transfer));
            if (transfer.block > final || before?.stands === true) return [];
            // Removed and back in the very same block: a further confirmation, which must not be taken for a resend of the first.
            return [{ transfer, status: "confirmed", revision: before === undefined ? 0 : before.revision + 1 }];
        });
    }

    /** Of the transfers that stand in the blocks [from, to] those that are not listed there any more. */
    missing(listed: readonly Transfer[], from: number, to: number): Change[] {
        const there = new Set(listed.map(transferKey));
        return [...this.said].flatMap(([key, { transfer, stands, revision }]): Change[] => {
            const inside = transfer.block >= from && transfer.block <= to;
            return stands && inside && !there.has(key) ? [{ transfer, status: "removed", revision }] : [];
        });
    }
}
