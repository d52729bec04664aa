// For tests: alerts of a real rule on the real engine, raised by the evaluator from stored logins, and the commands as a person runs them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { Database } from "../../../functions/shared/clickhouse";
import { evaluated } from "../../../functions/evaluator/rules/rule";
import { catalogue } from "../../../schema";
import { createTable, deadLetters } from "../../../schema/ddl";
import { rules } from "../../../schema/rules";
import { useClickHouseHost, type SuiteHost } from "../../support/clickhouse";
import { createDetection, storeRows } from "../../support/detection";
import { fullEvent } from "../../support/events";
import { repository } from "../../support/pulumi";
import { LiveRun } from "../evaluator/liveRun";

/** What a command said and how it ended. */
export interface Ended {
    readonly code: number;
    readonly out: string;
    readonly err: string;
}

const travel = rules.find(({ id }) => id === "impossible_travel");
assert.ok(travel);
const places = {
    berlin: { city: "Berlin", latitude: "52.520000", longitude: "13.405000", ip: "192.0.2.1" },
    tokyo: { city: "Tokyo", latitude: "35.676200", longitude: "139.650300", ip: "198.51.100.7" },
};

/** An event of a fact or reference with `own` values; times as ISO texts, optional columns absent unless given. */
export function eventOf(
    fact: string,
    at: number,
    own: Record<string, unknown>,
): Record<string, unknown> & { event_id: string } {
    const declaration = catalogue.find(({ name }) => name === fact);
    assert.ok(declaration, `there is no ${fact}`);
    const optional = Object.entries(declaration.columns).filter(([, { optional }]) => optional);
    const absent = Object.fromEntries(optional.map(([column]) => [column, null]));
    const event_time = new Date(at).toISOString();
    return fullEvent(declaration, "x", { ...absent, origin: "live", event_time, ...own });
}

/** A database with all tables, and what tests do with it. */
export class Bench {
    private databaseOfSuite: Database | undefined;

    private constructor(private readonly host: SuiteHost) {}

    /** Gives the suite that calls it a bench of its own. */
    static use(): Bench {
        const bench = new Bench(useClickHouseHost());
        before(async () => {
            await createDetection(bench.host.client, rules);
            await bench.command(createTable(deadLetters(30)));
            bench.databaseOfSuite = new Database(bench.host.url, 60);
        });
        after(() => bench.databaseOfSuite?.close());
        return bench;
    }

    get database(): Database {
        assert.ok(this.databaseOfSuite, "use it in hooks and tests");
        return this.databaseOfSuite;
    }

    /** Runs a statement. */
    async command(query: string): Promise<void> {
        await this.host.client.command({ query });
    }

    /** Stores events as their feed leaves them, received 5 ms after they happened. */
    store(fact: string, ...events: Record<string, unknown>[]): Promise<void> {
        const received = (event: Record<string, unknown>): number => Date.parse(String(event["event_time"])) + 5;
        return storeRows(
            this.host.client,
            fact,
            events.map((event) => ({ event, received: received(event) })),
        );
    }

    /** Logs a user in at Berlin and, an hour later (`at`, ms), at Tokyo, and has the evaluator judge it; the id of the alert. */
    async travels(user: string, at: number): Promise<string> {
        const login = (place: keyof typeof places, when: number): Record<string, unknown> =>
            eventOf("user_actions", when, {
                ...{ action_id: `${user}-${place}-${String(when)}`, action: "login_succeeded", user_id: user },
                ...{ account_id: `${user}-account`, asn_class: "isp", ...places[place] },
            });
        // Tests go back in time, which an evaluator never does.
        await this.command("TRUNCATE TABLE detection.rule_progress");
        await this.judged(at - 3_600_000 - 1_000);
        await this.store("user_actions", login("berlin", at - 3_600_000), login("tokyo", at));
        await this.judged(at + 5_000);
        const [alert] = await this.database.rows<{ id: string }>(
            "SELECT alert_id AS id FROM trading.alerts WHERE entity_id = {user:String}",
            { user },
        );
        assert.ok(alert, "the rule raised no alert");
        return alert.id;
    }

    /** Has impossible_travel judged with all facts complete to a moment (ms). */
    async judged(complete: number): Promise<void> {
        assert.ok(travel);
        const run = await LiveRun.start(this.database, [evaluated(travel)]);
        await run.rounds(complete);
    }

    /** Runs `npm run alerts` or `npm run rules` with its options to its end. */
    run(program: "alerts" | "rules", ...options: string[]): Promise<Ended> {
        const args = ["--require", "tsx/cjs", `functions/cases/${program}.ts`, ...options];
        const env = { ...process.env, CLICKHOUSE_URL: this.host.url };
        return new Promise((resolve) =>
            execFile("node", args, { cwd: repository, env }, (error, out, err) =>
                resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
            ),
        );
    }

    /** The same with --actor ann, which must end with 0: what it said. */
    async ann(program: "alerts" | "rules", ...options: string[]): Promise<string> {
        const { code, out, err } = await this.run(program, ...options, "--actor", "ann");
        assert.deepEqual([code, err], [0, ""], out);
        return out;
    }
}
