// Who delivers: the last claim counts (core/fence.ts says why that is enough).
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { deliveryClaims } from "../../../schema/detection";
import { pause } from "../../shared/backoff";
import { type Database } from "../../shared/clickhouse";
import { type Logger } from "../../shared/log";
import { checkedMs, settleMs } from "../core/fence";

const table = `${deliveryClaims.database}.${deliveryClaims.name}`;

/** Another worker has taken over. */
export class Superseded extends Error {
    override readonly name = "Superseded";
}

interface Row {
    token: string;
    worker: string;
    /** 0 or 1. */
    released: number;
}

/** One worker's claim. */
export class Claim {
    private readonly token = randomUUID();
    private readonly worker = `${hostname()} pid ${String(process.pid)}`;
    private checkedAt = -Infinity;
    private settled = false;
    private loss: Superseded | undefined;

    constructor(
        private readonly database: Database,
        private readonly log: Logger,
    ) {}

    /** Makes the claim, and waits until whoever delivered before has come to rest; false where it is stopped before that. Throws when ClickHouse does not answer, and Superseded. */
    async take(stopped: AbortSignal): Promise<boolean> {
        if (!this.settled) await this.begin(stopped);
        await this.check();
        return this.settled;
    }

    private async begin(stopped: AbortSignal): Promise<void> {
        await this.database.client.command({
            // Later than all that are there, whatever the clocks say; two of the same epoch are told apart by their tokens.
            query: `INSERT INTO ${table} (token, epoch, state, worker, at)
                SELECT {token:String}, max(epoch) + 1, 'claimed', {worker:String}, now64(3) FROM ${table}`,
            query_params: { token: this.token, worker: this.worker },
            clickhouse_settings: { async_insert: 0 },
        });
        const before = await this.before();
        if (before?.released === 0) {
            this.log.info(
                { before: before.worker },
                `delivery did not end in good order, or still runs elsewhere: begins in ${String(settleMs / 1_000)} s, when all it had begun is over`,
            );
            await pause(settleMs, stopped);
        }
        this.settled = !stopped.aborted;
    }

    /** To be called before anything is begun. Throws Superseded when another worker has taken over. */
    async check(): Promise<void> {
        // A look that took longer than it counts says nothing any more.
        while (performance.now() - this.checkedAt >= checkedMs) await this.look();
        if (this.loss !== undefined) throw this.loss;
    }

    private async look(): Promise<void> {
        // Of the beginning of the look: while it is under way somebody may take over.
        const now = performance.now();
        const last = await this.last();
        if (last !== undefined && last.token !== this.token)
            this.loss ??= new Superseded(
                `another worker delivers alerts (${last.worker}) and this one ends: of one stack one may run, the last to start`,
            );
        this.checkedAt = this.loss === undefined ? now : Infinity;
    }

    /** Says that nothing is under way any more: the next one need not wait. */
    async release(): Promise<void> {
        // Whoever has not waited himself does not know that his predecessor is at rest.
        if (!this.settled || this.loss !== undefined) return;
        await this.database.client.command({
            query: `INSERT INTO ${table} (token, epoch, state, worker, at)
                SELECT token, epoch, 'released', worker, now64(3) FROM ${table} WHERE token = {token:String} ORDER BY epoch DESC LIMIT 1`,
            query_params: { token: this.token },
            clickhouse_settings: { async_insert: 0 },
        });
    }

    /** The claim that counts. */
    private async last(): Promise<Row | undefined> {
        return (await this.claims(""))[0];
    }

    /** The one that counted before this one. */
    private async before(): Promise<Row | undefined> {
        return (
            await this.claims(
                `HAVING (epoch, token) < (SELECT (max(epoch), any(token)) FROM ${table} WHERE token = {token:String})`,
            )
        )[0];
    }

    private claims(having: string): Promise<Row[]> {
        return this.database.rows<Row>(
            `SELECT token, epoch, any(worker) AS worker, countIf(state = 'released') > 0 AS released
             FROM ${table} GROUP BY token, epoch ${having} ORDER BY epoch DESC, token DESC LIMIT 1`,
            { token: this.token },
        );
    }
}
