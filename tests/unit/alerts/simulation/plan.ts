// For the simulator: what happens in a run, made from a seed.
import { severities } from "../../../../schema/detection";
import { type Alert } from "../../../../functions/alerts/core/model";
import { type Plan } from "./run";
import { type Weather } from "./world";

const stormy: readonly Weather[] = ["ok", "ok", "busy", "error", "hang", "lost", "lost", "error"];
const names = ["chat", "pager", "hook"];
const from = 10_000_000;
/** What is longer than this is an outage from the beginning to the end. */
const lasting = 600_000;

function pick<T>(random: () => number, values: readonly T[]): T {
    const value = values[Math.floor(random() * values.length)];
    if (value === undefined) throw new Error("nothing to pick from");
    return value;
}

function alert(random: () => number, n: number, raisedAt: number): Alert {
    const odd = random();
    return {
        ...{ id: `alert-${String(n)}`, kind: "alert", rule: pick(random, ["drained", "layered"]), score: 90 },
        owner: pick(random, ["fraud", "surveillance", "operations"]),
        severity: pick(random, severities),
        ...{ entityKind: "user", entityId: `user-${String(Math.floor(random() * 6))}` },
        origin: odd < 0.05 ? "backfill" : "live",
        mode: odd > 0.95 ? "shadow" : "active",
        ...{ exemption: "", reason: "", heldBack: odd > 0.9 && odd < 0.95 ? "breaker" : "" },
        eventTime: odd > 0.05 && odd < 0.1 ? raisedAt - 4_000_000 : raisedAt - 1_000,
        raisedAt,
    };
}

function alertsOf(random: () => number): Alert[] {
    const times: number[] = [];
    for (let at = from + random() * 2_000, n = 3 + random() * 12; n > 0; n -= 1, at += random() * 9_000) {
        const storm = random() < 0.1 ? Math.floor(random() * 40) : 1;
        for (let k = 0; k < storm; k += 1) times.push(Math.floor(at));
    }
    return times.map((at, n) => alert(random, n, at));
}

/** `names`: targets that have weather. */
function weatherOf(random: () => number, until: number, names: readonly string[]): Plan["weather"] {
    const changes: { at: number; target: string; weather: Weather }[] = [];
    for (const target of names) {
        if (until - from > lasting) {
            const outage = pick(random, ["error", "hang"] as const);
            changes.push({ at: from, target, weather: outage }, { at: until, target, weather: "ok" });
            continue;
        }
        const bad = random();
        for (let at = from; at < until && bad < 0.7; at += random() * 40_000)
            changes.push({ at, target, weather: pick(random, stormy) });
        if (bad > 0.9)
            changes.push({ at: from + random() * until * 0.01, target, weather: pick(random, ["refuse", "gone"]) });
        changes.push({ at: until, target, weather: "ok" });
    }
    return changes.sort((a, b) => a.at - b.at);
}

/** A run: three targets, some with someone who stands in; alerts in ones and in storms; receivers that come and go; kills. */
export function planOf(random: () => number): Plan {
    const until = from + (random() < 0.1 ? lasting + 1 : 60_000 + Math.floor(random() * 240_000));
    const alerts = alertsOf(random);
    const bucket = (): { burst: number; perSecond: number } => ({
        burst: 1 + Math.floor(random() * 4),
        perSecond: 0.2 + random() * 5,
    });
    const grouped = random() < 0.3 ? { groupWaitSeconds: 10 } : {};
    const followed = random() < 0.3 ? { repeatMinutes: 1, escalateMinutes: 1, escalateTo: ["hook"] } : {};
    return {
        destinations: names.map((name) => ({
            ...{ name, bucket: bucket() },
            ...(name === "pager" && random() < 0.5 && { fallback: "chat" }),
        })),
        policy: {
            routes: [
                { owners: ["fraud"], severities: ["critical", "high"], targets: ["pager", "chat"], ...followed },
                { owners: ["fraud", "surveillance"], targets: ["chat"], ...followed, ...grouped },
            ],
            origins: ["live"],
        },
        limits: {
            queue: 2 + Math.floor(random() * 20),
            digest: 2 + Math.floor(random() * 30),
            open: 1 + Math.floor(random() * 5),
        },
        circumstances: {
            silences: [
                {
                    ...{ id: "quiet", kind: "silence", rule: "", entityKind: "user", entityId: "user-5" },
                    ...{ owner: "", severity: "", startsAt: 0, endsAt: Infinity },
                },
            ],
            blind: random() < 0.2 ? [{ rule: "layered", fact: "orders", from: from + 5_000, to: from + 15_000 }] : [],
        },
        alerts,
        acknowledged: new Map(
            alerts.map(({ id }) => [id, random() < 0.3 ? Infinity : from + 30_000 + random() * 250_000]),
        ),
        // Whoever is called when nobody answers can be reached, so that it shows whether he is called.
        weather: weatherOf(random, until, "escalateTo" in followed ? ["chat", "pager"] : names),
        ends: Array.from({ length: Math.floor(random() * 6) }, () => ({
            after: 1 + Math.floor(random() * 60),
            killed: random() < 0.7,
        })),
        from,
        until,
    };
}
