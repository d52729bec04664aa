// A delivery of alerts that goes on where the one before it ended.
import { type Registry } from "prom-client";
import { Database } from "../shared/clickhouse";
import { pause } from "../shared/backoff";
import { type Health } from "../shared/health";
import { type Logger } from "../shared/log";
import { Carrier, type CarrierOptions } from "./carrying";
import { pseudonymBy } from "./channels/content";
import { clientOptions, Sender } from "./channels/sender";
import { Claim, Superseded } from "./clickhouse/claim";
import { beginning, Inbox } from "./clickhouse/inbox";
import { Journal } from "./clickhouse/journal";
import { Recovery } from "./clickhouse/recovery";
import { DeadLetters, troubled } from "./condition";
import { Dispatcher, type Recovered } from "./core/dispatcher";
import { effectMs } from "./core/fence";
import { type LaneLimits } from "./core/lane";
import { type Delivery, type Message, type Route } from "./core/model";
import { type AlertsEnv } from "./env";
import { type AlertMetrics, metricsOf } from "./metrics";
import { Office } from "./office";
import { Reports } from "./report";
import { routesOr, type Target, targetOf } from "./targets";

/** 10,000 alerts that wait are about 10 MB; a digest of 10,000 is one INSERT. */
const limits: LaneLimits = { queue: 10_000, digest: 10_000, open: 20 };
const startAgainMs = 2_000;
/** Without a target nobody waits for a decision, and each look costs ClickHouse some 10 ms of CPU. */
const restMs = 5_000;

/** What a worker has to work with. */
export interface Surroundings {
    readonly env: AlertsEnv;
    readonly log: Logger;
    readonly registry: Registry;
    readonly health: Health;
    /** Ends the wait for ClickHouse. */
    readonly stopped: AbortSignal;
    /** Another worker has taken over: this one is to be ended. */
    readonly superseded: (why: Superseded) => void;
}

/** What runs. */
export interface Running {
    readonly office: Office;
    stop(): Promise<void>;
}

interface Past {
    readonly from: number;
    readonly recovered: Recovered;
}

/** Where a worker reads and writes. */
class Store {
    readonly database: Database;
    readonly journal: Journal;
    readonly claim: Claim;
    readonly recovery: Recovery;
    private readonly writing: Database;

    constructor(
        { env, log }: Surroundings,
        readonly withReason: boolean,
    ) {
        this.database = new Database(env.CLICKHOUSE_URL);
        // The next worker relies on it that what this one writes is there soon, or never.
        this.writing = new Database(env.CLICKHOUSE_URL, effectMs / 1_000);
        this.journal = new Journal(this.writing);
        this.claim = new Claim(this.writing, log);
        this.recovery = new Recovery(this.database, withReason);
    }

    async close(): Promise<void> {
        await Promise.all([this.database.close(), this.writing.close()]);
    }
}

/** Takes over, and reads what there is to go on from, until ClickHouse answers; undefined when it is stopped first. Throws Superseded. */
async function past(
    { database, claim, recovery }: Store,
    targets: readonly Target[],
    { log, stopped }: Surroundings,
): Promise<Past | undefined> {
    const fallbacks = new Map(
        targets.flatMap(({ destination: { name, fallback } }) => (fallback === undefined ? [] : [[name, fallback]])),
    );
    for (let said = false; !stopped.aborted;) {
        try {
            if (!(await claim.take(stopped))) break;
            const now = Date.now();
            const from = await beginning(database, now);
            return { from, recovered: await recovery.recover(from, now, fallbacks) };
        } catch (error) {
            if (error instanceof Superseded) throw error;
            if (!said) log.warn({ err: error }, "ClickHouse cannot be asked yet; tried again until it can");
            said = true;
            await pause(startAgainMs, stopped);
        }
    }
    return undefined;
}

/** What follows a result: figures, words, and whoever stands in. */
const afterwards =
    (log: Logger, metrics: AlertMetrics, dead: DeadLetters, office: () => Office) =>
    async (message: Message, row: Delivery): Promise<void> => {
        const { target, error, attempt, state } = row;
        metrics.delivered(message, row);
        if (state === "failed") log.warn({ target, error, attempt }, "a message was not delivered; it is tried again");
        if (state !== "dead") return;
        dead.note(target);
        log.error({ target, error, message: message.id, alerts: row.alerts }, "a message was given up");
        await office()
            .fallBack(message)
            .catch((failure: unknown) => {
                log.warn({ err: failure }, "whoever stands in is told after the next start");
            });
    };

/** Says how it starts. */
function greet({ env, log }: Surroundings, targets: readonly Target[], { pending }: Recovered): void {
    const names = targets.map(({ destination }) => destination.name);
    log.info({ targets: names, origins: env.NOTIFY_ORIGINS, pending: pending.length }, "delivering");
    if (targets.length === 0)
        log.warn("no target is configured: decisions are written down and nobody is told; set alertTargets");
}

/** Decides with what was known before. */
function dispatcherOf(
    env: AlertsEnv,
    targets: readonly Target[],
    routes: readonly Route[],
    past: Recovered,
): Dispatcher {
    const destinations = targets.map(({ destination }) => destination);
    const policy = { routes, origins: env.NOTIFY_ORIGINS };
    return new Dispatcher({ destinations, policy, limits, random: Math.random }, Date.now(), past);
}

/** Who carries out what is decided, target by target. */
function carriersOf(
    { env, log }: Surroundings,
    targets: readonly Target[],
    dispatcher: Dispatcher,
    rest: Pick<CarrierOptions, "journal" | "claim" | "ended" | "superseded">,
): Carrier[] {
    const sending = { pseudonym: pseudonymBy(env.PSEUDONYM_KEY), http: clientOptions(env.HTTP_PRIVATE_ORIGINS) };
    return targets.flatMap(({ destination, channel, fields }) => {
        const lane = dispatcher.lanes.get(destination.name);
        const sender = new Sender({ channel, fields, ...sending });
        return lane === undefined ? [] : [new Carrier({ lane, sender, log, ...rest })];
    });
}

/** Puts together what decides, what carries out, and the rounds, of which nothing runs yet. */
function parts(
    surroundings: Surroundings,
    store: Store,
    targets: readonly Target[],
    { from, recovered }: Past,
    began: number,
): { office: Office; carriers: readonly Carrier[]; dispatcher: Dispatcher; dead: DeadLetters } {
    const { env, log, registry, superseded } = surroundings;
    const { database, journal, claim, recovery, withReason } = store;
    const routes = routesOr(
        env.ALERT_ROUTES,
        targets.map(({ destination }) => destination.name),
    );
    const dispatcher = dispatcherOf(env, targets, routes, recovered);
    const metrics = metricsOf(registry, [...dispatcher.lanes.values()]);
    const dead = new DeadLetters();
    const ended = afterwards(log, metrics, dead, () => office);
    const carriers = carriersOf(surroundings, targets, dispatcher, { journal, claim, ended, superseded });
    const inbox = new Inbox(database, from, withReason);
    const resumed = recovered.pending.map(({ message }) => message.id);
    const wake = (): void => {
        for (const carrier of carriers) carrier.wake();
    };
    const lanes = targets.flatMap(({ destination: { name }, weeklyReport }) =>
        weeklyReport ? (dispatcher.lanes.get(name) ?? []) : [],
    );
    const reports = new Reports(database, lanes);
    const office = new Office({
        ...{ dispatcher, inbox, recovery, journal, reports, claim, routes, log, wake, superseded, began, resumed },
        ...{ pollMs: targets.length > 0 ? env.ALERT_POLL_MS : restMs, decided: metrics.decided },
    });
    return { office, carriers, dispatcher, dead };
}

/** Starts to deliver; undefined when it is stopped before ClickHouse has answered. Throws Superseded when another worker starts meanwhile. */
export async function startDelivering(surroundings: Surroundings): Promise<Running | undefined> {
    const { env, health } = surroundings;
    const targets = env.ALERT_TARGETS_SECRET.map(targetOf);
    const store = new Store(
        surroundings,
        targets.some(({ fields }) => fields.includes("reason")),
    );
    const began = Date.now();
    const found = await past(store, targets, surroundings);
    if (found === undefined) {
        await store.close();
        return undefined;
    }
    const { office, carriers, dispatcher, dead } = parts(surroundings, store, targets, found, began);
    health.fails("clickhouse", office.problem);
    health.fails("dead letters", dead.problem);
    health.warns("targets", () => troubled(dispatcher.lanes.values()));
    greet(surroundings, targets, found.recovered);
    const running = [office.run(), ...carriers.map((carrier) => carrier.run())];
    const stop = async (): Promise<void> => {
        office.stop();
        for (const carrier of carriers) carrier.stop();
        await Promise.all(running);
        // Where that fails, the next one waits.
        await store.claim.release().catch(() => undefined);
        await store.close();
    };
    return { office, stop };
}
