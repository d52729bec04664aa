// Waits for a running query and stops it when its client goes away or its data breaks off.
import { setTimeout as delay } from "node:timers/promises";
import type { Engine } from "./engine";
import { ClickHouseException } from "./errors";
import type { Outcome } from "./native";
import type { QueryRequest } from "./request";

const RETRY_MS = 50;

/**
 * Resolves with the outcome of `running`. To stop it: KILL QUERY first, so that data read so far is not taken for all there is, then
 * `closePipe` (a thread of the engine may wait in it), again and again until the query is gone: it may not have been registered yet.
 * `feeding` is the data on its way to the query; when that fails, so does the query, with the same exception.
 */
export async function stoppable(
    context: { engine: Engine; request: QueryRequest; signal: AbortSignal },
    running: Promise<Outcome>,
    closePipe: () => void = () => undefined,
    feeding: Promise<void> = Promise.resolve(),
): Promise<Outcome> {
    const { engine, request, signal } = context;
    const ended = running.then(
        () => true,
        () => true,
    );
    const stop = async () => {
        let settled = false;
        while (!settled) {
            await engine.kill(request.queryId);
            closePipe();
            settled = await Promise.race([ended, delay(RETRY_MS, false)]);
        }
    };
    let stopping: Promise<void> | undefined;
    const onAbort = () => {
        stopping ??= stop();
    };
    let broken: unknown;
    const fed = feeding.catch((thrown: unknown) => {
        broken = thrown;
        onAbort();
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) {
        onAbort();
    }
    try {
        const outcome = await running;
        await fed;
        return outcome;
    } catch (thrown) {
        closePipe();
        throw broken instanceof ClickHouseException ? broken : thrown;
    } finally {
        signal.removeEventListener("abort", onAbort);
        await stopping;
    }
}
