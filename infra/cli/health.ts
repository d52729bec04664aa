/** What a worker says of itself at /healthz (functions/shared/health.ts). */
import { z } from "zod";

const answerSchema = z.object({ status: z.enum(["ok", "degraded", "failing"]), reasons: z.array(z.string()) });
/** degraded: it works, with something worth knowing; failing: it does not do its work. */
export type Health = z.infer<typeof answerSchema>;

/** Milliseconds for an answer: it is computed, not fetched. */
const PATIENCE_MS = 2_000;

/** Asks; a worker that gives no such answer is failing, and the reason says so. Never throws. */
export async function healthOf(url: string): Promise<Health> {
    try {
        const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
        return answerSchema.parse(await answer.json());
    } catch {
        return { status: "failing", reasons: [`no answer at ${url}`] };
    }
}
