// The weekly report: which rules made work for nothing, told to the targets that ask for it once a week, however often the worker is restarted.
import { noisyRulesOf } from "../../schema/detection";
import { type Database } from "../shared/clickhouse";
import { type LastRow, standing, stateOf } from "./clickhouse/recovery";
import { type Lane, type Pending } from "./core/lane";
import { messageId } from "./core/messages";
import { type Message, type RuleWeek } from "./core/model";

/** Reports of so many weeks can be asked for again. */
const replayedWeeks = 5;
const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** Monday, 7:00 UTC: whoever was on duty at the weekend has closed what he closes, and nobody is woken. */
const sentAfterMs = 7 * 3_600_000;
/** 1970 began on a Thursday. */
const firstMondayMs = 4 * dayMs;

/** The Monday (UTC, ms) of the last week whose report is due. */
export function reportedWeek(now: number): number {
    const weeks = Math.floor((now - sentAfterMs - firstMondayMs) / weekMs);
    return firstMondayMs + (weeks - 1) * weekMs;
}

/** Rules of live alerts of a week, the noisiest first. Personal data is in none of the columns. */
const query = `SELECT toString(rule) AS rule, rule_version AS version, toString(owner) AS owner, alerts, entities, confirmed + valuable AS useful, false_positive AS falsePositive, open, precision
 FROM (${noisyRulesOf(" AND raised_at >= {from:DateTime64(3)} AND raised_at < {to:DateTime64(3)}")}) ORDER BY falsePositive DESC, open DESC, rule, version`;

/** Makes the reports that are due; `lanes`: of the targets that ask for one. */
export class Reports {
    /** Those a lane was given: the result of one may not be written yet when it is looked for. */
    private readonly given = new Set<string>();

    constructor(
        private readonly database: Database,
        private readonly lanes: readonly Lane[],
    ) {}

    /** Last week's reports that were not sent yet, and those of the weeks before that somebody has asked to be sent after all. */
    async due(now: number): Promise<Pending[]> {
        const newest = reportedWeek(now);
        const mondays = Array.from({ length: replayedWeeks }, (_, back) => newest - back * weekMs);
        const all = this.lanes.flatMap((lane) => mondays.map((monday) => ({ lane, monday, id: idOf(lane, monday) })));
        if (all.length === 0) return [];
        const states = await stateOf(
            this.database,
            all.map(({ id }) => id),
        );
        const due: Pending[] = [];
        for (const { lane, monday, id } of all) {
            const state = states.get(id);
            const isDue = state?.state === "replayed" || (monday === newest && this.isUnsent(lane, id, state));
            if (!isDue || lane.holds(id)) continue;
            this.given.add(id);
            const report = { monday, rules: await this.rules(monday) };
            const [target, at] = [lane.destination.name, monday + weekMs + sentAfterMs];
            const message: Message = { id, target, kind: "report", sequence: 0, alerts: [], by: "", at, report };
            due.push({ message, ...standing(message, state, now), since: now });
        }
        return due;
    }

    private isUnsent(lane: Lane, id: string, state: LastRow | undefined): boolean {
        const ended = state?.state === "accepted" || state?.state === "dead";
        return !ended && !this.given.has(id) && lane.gone === undefined;
    }

    private rules(monday: number): Promise<RuleWeek[]> {
        const [from, to] = [monday, monday + weekMs].map((ms) => new Date(ms).toISOString().slice(0, 19));
        return this.database.rows<RuleWeek>(query, { from, to });
    }
}

const idOf = ({ destination }: Lane, monday: number): string =>
    messageId(destination.name, "report", 0, [new Date(monday).toISOString()]);
