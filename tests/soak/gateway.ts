// The gateway's soak: producers send without pause while it is killed (-9) again and again; then what it accepted is looked for in Kafka.
import { userOrders } from "../../schema/facts/userOrders";
import { TestGateway } from "../support/gateway";
import { until } from "../support/processes";
import { Producers } from "../support/producers";
import { type Topics } from "../support/topics";

const producers = 8;
const eventsPerRequest = 20;
/** Events accepted between two kills, so that each kill meets a gateway at work. */
const acceptedBetween = 500;

/** What came of it. */
export interface GatewaySoakReport {
    kills: number;
    accepted: number;
    /** Requests that got no answer because the gateway died. */
    unanswered: number;
    /** Accepted events that are not in Kafka. */
    lost: number;
}

/** Kills gateways on a broker that has the topic of user_orders. */
export async function soakGateway(
    brokers: string[],
    topics: Topics,
    { kills, say }: { kills: number; say: (line: string) => void },
): Promise<GatewaySoakReport> {
    let gateway = await TestGateway.start(brokers);
    // Each start has keys of its own: producers ask for the running one at every request.
    const load = new Producers(() => gateway, `soak-${String(Date.now())}`, producers, eventsPerRequest);
    try {
        for (let kill = 1; kill <= kills; kill += 1) {
            const before = load.accepted.length;
            await until("producers are at work", () => load.accepted.length > before + acceptedBetween, 60_000);
            say(`kill -9 ${String(kill)} of ${String(kills)}: gateway`);
            await gateway.stop("SIGKILL");
            gateway = await TestGateway.start(brokers);
        }
    } finally {
        await load.stop();
        await gateway.stop();
    }
    const there = new Set(await topics.eventIds(userOrders));
    const lost = load.accepted.filter((id) => !there.has(id)).length;
    return { kills, accepted: load.accepted.length, unanswered: load.statuses.get("no answer") ?? 0, lost };
}
