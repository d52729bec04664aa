// Keeps the settings of one request out of a session that others will use: what they were before is read, and set again afterwards.
import type { EngineSession } from "./engine";
import { quote, quoteName } from "./statement";

/** Reads the present values of `names` and the current database; the function it returns sets them again. */
export async function rememberSettings(
    session: EngineSession,
    names: string[],
    database: boolean,
): Promise<() => Promise<void>> {
    const current = database
        ? (await session.text("SELECT currentDatabase()", "TabSeparatedRaw")).trimEnd()
        : undefined;
    const list = names.map(quote).join(", ");
    const sql = `SELECT name, value, changed FROM system.settings WHERE name IN (${list}) FORMAT JSONCompactEachRow`;
    const rows = names.length === 0 ? [] : (await session.text(sql)).split("\n").filter((line) => line !== "");
    const before = rows.map((line) => JSON.parse(line) as [string, string, number]);
    return async () => {
        // Also without settings: a failed query stays in system.processes until the session runs something else.
        const values = before.map(
            ([name, value, changed]) => `${quoteName(name)} = ${changed === 1 ? quote(value) : "DEFAULT"}`,
        );
        await session.text(values.length === 0 ? "SELECT 1" : `SET ${values.join(", ")}`);
        if (current !== undefined) {
            await session.use(current);
        }
    };
}
