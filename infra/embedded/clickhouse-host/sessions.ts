// Sessions that outlive a request: one per session_id, one request at a time in each, closed when nobody used it for its timeout.
import type { Engine, EngineSession } from "./engine";
import { sessionLocked, sessionNotFound } from "./errors";
import type { SessionRequest } from "./request";

interface Kept {
    session: EngineSession;
    busy: boolean;
    expiry: NodeJS.Timeout | undefined;
}

/** A session lent to one request. */
export interface Lease {
    session: EngineSession;
    /** Whether others will use this session later: then settings of one request must not stay in it. */
    kept: boolean;
    release(): Promise<void>;
}

/** Hands out sessions of the engine. */
export class Sessions {
    private readonly kept = new Map<string, Kept>();

    constructor(
        private readonly engine: Engine,
        private readonly defaults: Record<string, string>,
    ) {}

    /** A session for one request: a new one, or the one of its session_id. */
    async lend(request: SessionRequest | undefined): Promise<Lease> {
        if (request === undefined) {
            const session = await this.open();
            return { session, kept: false, release: () => session.close() };
        }
        const entry = await this.find(request);
        return {
            session: entry.session,
            kept: true,
            release: () => this.takeBack(request, entry),
        };
    }

    /** Closes all idle sessions. */
    async closeAll(): Promise<void> {
        for (const id of [...this.kept.keys()]) {
            await this.drop(id);
        }
    }

    private async open(): Promise<EngineSession> {
        const session = this.engine.openSession();
        await session.begin(this.defaults);
        return session;
    }

    private async find(request: SessionRequest): Promise<Kept> {
        const known = this.kept.get(request.id);
        if (known !== undefined) {
            if (known.busy) {
                throw sessionLocked(`Session ${request.id} is locked by a concurrent client.`);
            }
            known.busy = true;
            clearTimeout(known.expiry);
            return known;
        }
        if (request.mustExist) {
            throw sessionNotFound(`Session ${request.id} not found.`);
        }
        const entry: Kept = { session: this.engine.openSession(), busy: true, expiry: undefined };
        this.kept.set(request.id, entry);
        await entry.session.begin(this.defaults);
        return entry;
    }

    private async takeBack(request: SessionRequest, entry: Kept): Promise<void> {
        entry.busy = false;
        if (request.closeAfter || request.timeoutSeconds === 0) {
            await this.drop(request.id);
            return;
        }
        entry.expiry = setTimeout(() => void this.drop(request.id), request.timeoutSeconds * 1000);
        entry.expiry.unref();
    }

    private async drop(id: string): Promise<void> {
        const entry = this.kept.get(id);
        if (entry === undefined || entry.busy) {
            return;
        }
        clearTimeout(entry.expiry);
        this.kept.delete(id);
        await entry.session.close();
    }
}
