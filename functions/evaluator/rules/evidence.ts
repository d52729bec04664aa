// The rows an alert stands on, copied beside it: facts expire after a month, alerts after years.
import { type Database } from "../../shared/clickhouse";
import { clickhouseMicros } from "../../shared/time";
import { canonical, hashOfAll, sha256 } from "./canonical";
import { type Finding, type Question, settingsOf } from "./judge";
import { type EvaluatedRule } from "./rule";

/** Rows of one alert that are kept at most: a pattern of more shows in fewer. */
const limit = 500;

/** A copied row. */
export interface EvidenceRow {
    readonly source: string;
    /** Canonical JSON. */
    readonly content: string;
    readonly hash: string;
}

/** The evidence of an alert. */
export interface Evidence {
    readonly rows: readonly EvidenceRow[];
    readonly hash: string;
}

interface Proof {
    fact: string;
    event_id: string;
    event_time: string;
    row: string;
}

/** Asks for the rows behind a finding, as they were known when it was found. */
export async function collect(
    database: Database,
    question: Question & { readonly evaluated: Pick<EvaluatedRule, "rule"> },
    finding: Finding,
): Promise<Evidence> {
    const parameters = {
        ...question.values,
        run: question.run,
        entity_id: finding.entityId,
        trigger_key: finding.triggerKey,
        event_time: clickhouseMicros(finding.eventTime),
    };
    const query = `SELECT * FROM (${question.evaluated.rule.evidenceCall}) LIMIT ${String(limit)}`;
    const { rows } = await database.ask<Proof>(query, { parameters, settings: settingsOf(question) });
    const copied = rows.map(({ fact, event_id, event_time, row }) => {
        const content = canonical({ event_id, event_time, row: JSON.parse(row) as unknown });
        return { source: fact, content, hash: sha256(content) };
    });
    return { rows: copied, hash: hashOfAll(copied.map(({ hash }) => hash)) };
}
