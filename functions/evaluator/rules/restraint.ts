// What is not sent on by itself, though it is in the alert table: repetitions about one entity, and what exceeds the rule's breaker.
import { alerts } from "../../../schema/detection";
import { qualified } from "../../../schema/ddl";
import { type Database } from "../../shared/clickhouse";
import { clickhouseMicros, hour, type Micros, minute } from "../../shared/time";
import { type Raising } from "./raise";
import { type Judged } from "./terms";

/** Alerts of one rule and run in an hour of event time that are sent on; more would only be swiped away. */
export const alertsPerHour = 100;

/** Why an alert is held back; empty where it is not. */
export type HeldBack = "" | "suppressed" | "breaker";

interface Sent {
    entity: string;
    at: Micros;
}

/** Alerts of a rule in a run that were sent on, around the times of new ones. */
export class Restraint {
    readonly limit = alertsPerHour;
    private readonly byHour = new Map<Micros, number>();
    private readonly byEntity = new Map<string, Micros[]>();

    private constructor(private readonly suppression: Micros) {}

    /** Nothing was sent on before. */
    static fresh({ suppressionMinutes }: { readonly suppressionMinutes: number }): Restraint {
        return new Restraint(suppressionMinutes * minute);
    }

    /** Reads what was sent on before. */
    static async load(
        database: Database,
        { evaluated, run }: Pick<Raising, "evaluated" | "run">,
        news: readonly Judged[],
    ): Promise<Restraint> {
        const { id, suppressionMinutes } = evaluated.rule;
        const suppression = suppressionMinutes * minute;
        const times = news.map(({ eventTime }) => eventTime);
        const from = Math.min(...times.map((time) => Math.min(time - suppression, Math.floor(time / hour) * hour)));
        const sent = await database.rows<Sent>(
            `SELECT entity_id AS entity, toUnixTimestamp64Micro(event_time) AS at FROM ${qualified(alerts.database, alerts.name)} FINAL
             WHERE rule = {rule:String} AND run = {run:String} AND kind = 'alert' AND exemption = '' AND held_back = ''
                AND event_time >= {from:DateTime64(6, 'UTC')} AND event_time <= {to:DateTime64(6, 'UTC')} + toIntervalHour(1)`,
            { rule: id, run, from: clickhouseMicros(from), to: clickhouseMicros(Math.max(...times)) },
        );
        const restraint = Restraint.fresh({ suppressionMinutes });
        for (const { entity, at } of sent) restraint.note(entity, at);
        return restraint;
    }

    private note(entity: string, at: Micros): void {
        const start = Math.floor(at / hour) * hour;
        this.byHour.set(start, (this.byHour.get(start) ?? 0) + 1);
        this.byEntity.set(entity, [...(this.byEntity.get(entity) ?? []), at]);
    }

    /** Decides about an alert, and counts it where it is sent on. */
    holdsBack({ entityId, eventTime, exemption }: Judged): HeldBack {
        if (exemption !== "") return "";
        const before = this.byEntity.get(entityId) ?? [];
        if (before.some((at) => at <= eventTime && eventTime < at + this.suppression)) return "suppressed";
        if ((this.byHour.get(Math.floor(eventTime / hour) * hour) ?? 0) >= this.limit) return "breaker";
        this.note(entityId, eventTime);
        return "";
    }
}
