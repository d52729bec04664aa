// Which rows of facts and references are about somebody or something, by the names of their columns.
import { catalogue, type Declaration } from "../../../schema";
import { name } from "../../../schema/ddl";
import { type Database } from "../../shared/clickhouse";

/** Columns that name a user or an account, of either party. */
export const userColumn = /^(.*_)?user_id$/;
export const accountColumn = /^(.*_)?account_id$/;

const columnsLike = ({ columns }: Declaration, pattern: RegExp): string[] =>
    Object.keys(columns).filter((column) => pattern.test(column));

const anyOf = (conditions: readonly string[]): string | undefined =>
    conditions.length === 0 ? undefined : `(${conditions.join(" OR ")})`;

/** Rows of a user's (`users`) or of the user's `accounts`, both bound as arrays; undefined where a fact names nobody. */
export const ofUsers = (declaration: Declaration): string | undefined =>
    anyOf([
        ...columnsLike(declaration, userColumn).map((column) => `${name(column)} IN {users:Array(String)}`),
        ...columnsLike(declaration, accountColumn).map((column) => `${name(column)} IN {accounts:Array(String)}`),
    ]);

/** Rows about one of `tokens` or of the instruments (`symbols`) traded in it, both bound as arrays; undefined where a fact has neither. */
export const ofTokens = (declaration: Declaration): string | undefined =>
    anyOf([
        ...columnsLike(declaration, /^(token|asset)$/).map((column) => `${name(column)} IN {tokens:Array(String)}`),
        ...columnsLike(declaration, /^symbol$/).map((column) => `${name(column)} IN {symbols:Array(String)}`),
    ]);

/** Accounts that stand beside one of the users in any fact or reference, sorted; also in what has become of expired facts. */
export async function accountsOf(database: Database, users: readonly string[]): Promise<string[]> {
    const couples = [
        ...catalogue.flatMap((declaration) =>
            columnsLike(declaration, userColumn).flatMap((user) => {
                const account = user.replace(/user_id$/, "account_id");
                return account in declaration.columns ? [[`trading.${declaration.name}`, user, account] as const] : [];
            }),
        ),
        ["trading.account_symbol_minutes", "user_id", "account_id"] as const,
    ];
    const parts = couples.map(
        ([table, user, account]) =>
            `SELECT ifNull(${account}, '') AS account FROM ${table} WHERE ${user} IN {users:Array(String)}`,
    );
    const rows = await database.rows<{ account: string }>(
        `SELECT DISTINCT account FROM (${parts.join("\nUNION ALL\n")}) WHERE account != '' ORDER BY account`,
        { users },
    );
    return rows.map(({ account }) => account);
}

/** Instruments traded in a token, and the token's own name, which some venues use for it. */
export async function symbolsOf(database: Database, tokens: readonly string[]): Promise<string[]> {
    const rows = await database.rows<{ symbol: string }>(
        "SELECT DISTINCT symbol FROM trading.instruments WHERE base_asset IN {tokens:Array(String)} ORDER BY symbol",
        { tokens },
    );
    return [...new Set([...tokens, ...rows.map(({ symbol }) => symbol)])];
}
