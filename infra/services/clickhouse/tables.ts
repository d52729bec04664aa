// Pure: what accounts are given rights on, from the declarations: tables with the columns that are no personal data, and the views over them.
import { catalogue } from "../../../schema";
import { audits, databases, deadLetters, gaps, suspects, tableOf, type TableSpec } from "../../../schema/ddl";
import {
    auditLog,
    deliveryClaims,
    detectionDatabase,
    detectionTables,
    detectionViews,
    erasing,
    heldFacts,
    holds,
} from "../../../schema/detection";
import { progressTable, rollups, rollupsDatabase, rollupTable } from "../../../schema/rollups";
import { rulesDatabase } from "../../../schema/rules";

/** Database of OpenTelemetry's tables. */
export const telemetryDatabase = "otel";

/** All databases of a stack, OpenTelemetry's left out. */
export const stackDatabases: readonly string[] = [
    ...Object.values(databases),
    rollupsDatabase,
    rulesDatabase,
    detectionDatabase,
];

/** Retention takes no part in any right. */
const anyDays = 1;

/** All tables of a stack. */
export const stackTables: readonly TableSpec[] = [
    ...catalogue.map((declaration) => tableOf(declaration, anyDays)),
    ...[deadLetters(anyDays), suspects(anyDays), gaps(anyDays), audits()],
    ...rollups.map(rollupTable),
    progressTable,
    ...detectionTables,
];

/** What is read of detection to follow alerts: neither who read what, nor what is kept or erased for somebody. */
export const watchedTables: readonly TableSpec[] = detectionTables.filter(
    (table) => ![auditLog, deliveryClaims, holds, heldFacts, erasing].includes(table),
);

/** `database.table` */
export const placeOf = ({ database, name }: { database: string; name: string }): string => `${database}.${name}`;

/** The views that tables are read through, as `database.view`. */
export const readingViews = (tables: readonly TableSpec[]): string[] =>
    tables.flatMap(({ readingView }) => (readingView === undefined ? [] : [placeOf(readingView)]));

/** Views over detection's tables, as `database.view`. */
export const detectionPlaces: readonly string[] = detectionViews.map(placeOf);

/** Columns that are no personal data; what is one says so in its comment (schema/ddl). */
export const openColumns = ({ columns }: TableSpec): string[] =>
    Object.entries(columns)
        .filter(([, { comment = "" }]) => !comment.startsWith("[personal data]"))
        .map(([column]) => column);
