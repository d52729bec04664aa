// The one way of events from a request into Kafka: verdicts in, receipt out, and nothing called accepted that Kafka has not acknowledged.
import { type FastifyReply } from "fastify";
import { type Declaration } from "../../schema";
import { type Receipt, type Result } from "../../schema/api";
import { type Lease } from "./admission";
import { type Committer, UnavailableError } from "./committer";
import { type Sound, type Verdict } from "./judge";
import { type Line } from "./lines";
import { type GatewayMetrics } from "./metrics";
import { comeBack } from "./problem";

/** Room an event takes beside its bytes: its result and what stands for it while it waits. */
const bytesPerEvent = 512;

/** A verdict with the line it is about. */
export interface Judged {
    readonly line: number;
    readonly verdict: Verdict;
}

interface SoundEntry extends Judged {
    readonly verdict: Sound;
}

const isSound = (entry: Judged): entry is SoundEntry => "messages" in entry.verdict;

function resultOf({ line, verdict }: Judged, refusal: string | undefined): Result {
    if ("reasons" in verdict) return { line, status: "rejected", event_id: verdict.eventId, reasons: verdict.reasons };
    const { eventId } = verdict;
    return refusal === undefined
        ? { line, status: "accepted", event_id: eventId }
        : { line, status: "rejected", event_id: eventId, reasons: [`Kafka refuses it: ${refusal}`] };
}

/** Judges lines of one kind for one producer. */
export interface LineJudge {
    line(line: Line): Verdict;
}

function grow(lease: Lease, bytes: number): void {
    if (!lease.grow(bytes)) throw comeBack("too much is under way here; send it again");
}

/** Gives the receipt its status: 422 when there is nothing that was stored. */
export function answerReceipt(reply: FastifyReply, receipt: Receipt): Receipt {
    void reply.code(receipt.accepted > 0 ? 200 : 422);
    return receipt;
}

/** Sends the sound ones of a request's events and answers for all of them. */
export class Intake {
    constructor(
        private readonly committer: Committer,
        private readonly metrics: GatewayMetrics,
    ) {}

    /**
     * Takes room for the events of a request, beside that of its body.
     * @throws RequestError 503 when there is none
     */
    makeRoom(lease: Lease, events: number): void {
        grow(lease, events * bytesPerEvent);
    }

    /**
     * Judges the lines of a request, and takes room for what becomes more than it was.
     * @throws RequestError 503 when there is none
     */
    judge(lines: readonly Line[], judge: LineJudge, lease: Lease): Judged[] {
        return lines.map((line) => {
            const verdict = judge.line(line);
            if ("messages" in verdict && verdict.messages.length > 1)
                grow(
                    lease,
                    verdict.messages.reduce((sum, { value }) => sum + Buffer.byteLength(value), 0),
                );
            return { line: line.number, verdict };
        });
    }

    /**
     * Resolves with the receipt when Kafka has acknowledged or refused every sound event.
     * @throws RequestError 503 when it did neither: nothing counts as accepted
     */
    async take(declaration: Declaration, judged: readonly Judged[], lease: Lease): Promise<Receipt> {
        const sound = judged.filter(isSound);
        const refusals = await this.commit(declaration, sound, lease);
        const results = judged.map((entry) => resultOf(entry, refusals.get(entry)));
        const accepted = sound.length - refusals.size;
        this.count(declaration.name, accepted, judged, refusals.size);
        return { accepted, rejected: judged.length - accepted, results };
    }

    /** Why the broker refuses an entry, by the entry. */
    private async commit(
        { topic }: Declaration,
        sound: readonly SoundEntry[],
        lease: Lease,
    ): Promise<Map<Judged, string>> {
        const owners = sound.flatMap((entry) => entry.verdict.messages.map(() => entry));
        const messages = sound.flatMap(({ verdict }) =>
            verdict.messages.map(({ key, value }) => ({ topic: topic.name, key, value })),
        );
        lease.hold();
        try {
            const refusals = await this.committer.commit(messages);
            return new Map(
                [...refusals].flatMap(([index, reason]) => (owners[index] ? [[owners[index], reason]] : [])),
            );
        } catch (error) {
            if (!(error instanceof UnavailableError)) throw error;
            // Why is in the log and on the health page; addresses of brokers are nobody's business out there.
            throw comeBack("Kafka did not acknowledge; nothing counts as accepted, send all of it again");
        } finally {
            lease.drop();
        }
    }

    private count(fact: string, accepted: number, judged: readonly Judged[], refused: number): void {
        const { metrics } = this;
        metrics.accepted.inc({ fact }, accepted);
        if (refused > 0) metrics.rejected.inc({ fact, fault: "broker" }, refused);
        for (const { verdict } of judged) if ("fault" in verdict) metrics.rejected.inc({ fact, fault: verdict.fault });
    }
}
