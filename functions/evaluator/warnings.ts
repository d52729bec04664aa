// System warnings: how the system is doing, looked at now and then beside the rounds, and told in the alert table, where people find all else.
import { TupleParam } from "@clickhouse/client";
import { type Declaration } from "../../schema";
import { defaults } from "../../schema/rules";
import { type Warning } from "../../schema/warnings";
import { type Answer, type Database } from "../shared/clickhouse";
import { canonical, hashOfAll, sha256 } from "./rules/canonical";
import { message } from "./rules/evaluation";
import { type Evidence } from "./rules/evidence";
import { type Finding } from "./rules/judge";
import { raise } from "./rules/raise";
import { type Judged } from "./rules/terms";
import { type Known, type Logged } from "./store";
import { clickhouseMillis } from "../shared/time";

/** After an alert, further ones about the same thing are not sent on for so long: what lasts is told again every hour. */
const suppressionMinutes = 60;
/** What failed is looked at again after so long. */
const retrySeconds = 60;
/** No trouble is half a trouble. */
const score = 100;

/** What a warning saw is all there is to show: offsets and parts are gone tomorrow. */
function shown({ entityId, triggerKey, details }: Judged): Promise<Evidence> {
    const content = canonical({ entity_id: entityId, trigger_key: triggerKey, details });
    const row = { source: "system", content, hash: sha256(content) };
    return Promise.resolve({ rows: [row], hash: hashOfAll([row.hash]) });
}

/** Looks at the system, each warning as often as it says. */
export class Warnings {
    private readonly nextLook = new Map<string, number>();
    private ended: Logged[] = [];
    private running = false;

    /** `declarations`: the feeds of which it will be told how far they are. */
    constructor(
        private readonly database: Database,
        private readonly warnings: readonly Warning[],
        private readonly declarations: readonly Declaration[],
    ) {}

    /** Begins to look where it is time to, unless it still does: a slow look delays no rule. `at` (ms): when `complete` was found. */
    begin(complete: Known, at: number): void {
        const due = this.warnings.filter(({ id }) => (this.nextLook.get(id) ?? 0) <= at);
        if (this.running || due.length === 0) return;
        this.running = true;
        void this.look(due, complete, at).then((logged) => {
            this.ended.push(...logged);
            this.running = false;
        });
    }

    /** Looks that have ended since the last call. */
    take(): Logged[] {
        const ended = this.ended;
        this.ended = [];
        return ended;
    }

    /** Looks one after the other and raises what is new; what goes wrong is told, never thrown. */
    async look(due: readonly Warning[], complete: Known, at: number): Promise<Logged[]> {
        const logged: Logged[] = [];
        for (const warning of due) {
            const looked = await this.evaluate(warning, complete, at);
            const pauseSeconds = looked.error === "" ? warning.everySeconds : retrySeconds;
            this.nextLook.set(warning.id, at + pauseSeconds * 1_000);
            logged.push(looked);
        }
        return logged;
    }

    private async evaluate(warning: Warning, complete: Known, at: number): Promise<Logged> {
        const { id, version } = warning;
        const [range, known, run] = [{ since: at * 1_000, until: at * 1_000 }, new Map([["", at]]), ""];
        const startedAt = Date.now();
        const told = { rule: id, version, run, pass: "final", range, known, startedAt } as const;
        const rule = { ...warning, mode: "active", suppressionMinutes, historyDays: 0 } as const;
        try {
            const { rows, readRows } = await this.ask(warning, complete, at);
            const findings = rows.map((row) => ({
                ...row,
                score,
                eventTime: at * 1_000,
                accounts: [],
                exemption: "",
            }));
            const raising = { ...told, evaluated: { rule }, values: defaults(warning), origin: "live", coveredFrom: 0 };
            const newAlerts = await raise(this.database, raising, findings, shown);
            return { ...told, durationMs: Date.now() - startedAt, readRows, alerts: rows.length, newAlerts, error: "" };
        } catch (error) {
            const durationMs = Date.now() - startedAt;
            return { ...told, durationMs, readRows: 0, alerts: 0, newAlerts: 0, error: message(error) };
        }
    }

    private ask(
        warning: Warning,
        complete: Known,
        at: number,
    ): Promise<Answer<Pick<Finding, "alertId" | "entityId" | "triggerKey" | "windowFrom" | "details">>> {
        const feeds = this.declarations.flatMap(({ name, topic }) => {
            const to = complete.get(name);
            return to === undefined ? [] : [new TupleParam([name, clickhouseMillis(to), topic.retentionHours])];
        });
        const parameters = {
            ...{ ...defaults(warning), at: clickhouseMillis(at), feeds },
            ...{ alert_rule: warning.id, alert_version: warning.version },
        };
        return this.database.ask(
            `SELECT lower(hex(sipHash128({alert_rule:String}, {alert_version:UInt32}, '', entity_id, trigger_key))) AS alertId,
                entity_id AS entityId, trigger_key AS triggerKey, toUnixTimestamp64Micro(toDateTime64(since, 6, 'UTC')) AS windowFrom, details
             FROM (${warning.query}) ORDER BY windowFrom, alertId`,
            { parameters },
        );
    }
}
