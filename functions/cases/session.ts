// What every command of an analyst stands on: the stack's ClickHouse, who is asking, and the audit log.
import { userInfo } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { auditLog } from "../../schema/detection";
import { requireAnswers } from "../completeness/answers";
import { Database } from "../shared/clickhouse";
import { clickhouseMillis } from "../shared/time";

/** An analyst may wait for a query this long, seconds. */
const timeoutSeconds = 300;
const longestName = 100;

/** Options of every command. */
export interface CommonOptions {
    readonly clickhouse: string;
    readonly actor: string;
}

/** Who does what to the alert table, and with what. */
export interface Session {
    readonly database: Database;
    /** Name of whoever asked. */
    readonly actor: string;
    /**
     * Writes an audit row; it is stored when this resolves.
     * @param action command, e.g. `alerts.show`
     * @param subject what it concerned: an alert id, a rule, `user:<id>`
     */
    audit(action: string, subject: string, details?: Readonly<Record<string, string>>): Promise<void>;
}

function nameOfActor(text: string): string {
    if (text.trim() === "" || text.length > longestName || /\p{Cc}/u.test(text))
        throw new InvalidArgumentError(`must be a name of 1 to ${String(longestName)} characters`);
    return text.trim();
}

/** Adds the options that every command has. */
export const commonOptions = (command: Command): Command =>
    command
        .option(
            "--clickhouse <url>",
            "ClickHouse HTTP interface; environment CLICKHOUSE_URL",
            process.env["CLICKHOUSE_URL"] ?? "http://127.0.0.1:8123",
        )
        .option("--actor <name>", "who does it, for the audit log", nameOfActor, userInfo().username);

/** What may be said of an address: no login, no password. */
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : "an address that is no URL");

/** Runs `work` and closes the connection after it. Throws a sentence when ClickHouse does not answer. */
export async function withSession(
    { clickhouse, actor }: CommonOptions,
    work: (session: Session) => Promise<void>,
): Promise<void> {
    const database = new Database(clickhouse, timeoutSeconds);
    try {
        const ask = (): Promise<unknown> => database.rows("SELECT 1");
        await requireAnswers([{ name: "ClickHouse", address: hostOf(clickhouse), ask }]);
        await work(sessionOf(database, actor));
    } finally {
        await database.close();
    }
}

/** A session on a connection that is there already. `role`: cli, or the role of who is logged in. */
export const sessionOf = (database: Database, actor: string, role = "cli"): Session => ({
    database,
    actor,
    audit: (action, subject, details = {}) =>
        database.insert(`${auditLog.database}.${auditLog.name}`, [
            { at: clickhouseMillis(Date.now()), actor, role, action, subject, details },
        ]),
});
