// Who logs in to ClickHouse by which password. Each container is told its own and no other.
import { RandomPassword } from "@pulumi/random";
import { kebab } from "../../names";
import { type Input, interpolate, type Output, secret } from "../../pulumi";
import { accounts, workerAccounts } from "../../services/clickhouse/accounts";
import { type Worker } from "../target";
import { clickhouseInside, type Passwords } from "./clickhouse";

/** Makes a password for each account of ClickHouse: letters and digits, for they are parts of URLs. */
export const createPasswords = (): Passwords =>
    new Map(
        accounts.map(({ name }) => {
            const made = new RandomPassword(`clickhouse-${kebab(name)}`, { length: 32, special: false });
            return [name, secret(made.result)];
        }),
    );

/** @throws Error when there is no such account */
export function passwordOf(passwords: Passwords, account: string): Output<string> {
    const found = passwords.get(account);
    if (found === undefined) throw new Error(`docker: there is no ClickHouse account ${account}`);
    return found;
}

/** ClickHouse as containers reach it, with the login of an account. */
export const urlFor = (passwords: Passwords, account: string): Output<string> =>
    interpolate`http://${account}:${passwordOf(passwords, account)}@${clickhouseInside}`;

/** A worker that is told where ClickHouse is logs in there by its own account. */
export function asItself(env: Worker["env"], worker: string, passwords: Passwords): Record<string, Input<string>> {
    if (env["CLICKHOUSE_URL"] === undefined) return env;
    const account = workerAccounts[worker];
    if (account === undefined) throw new Error(`docker: worker ${worker} has no ClickHouse account`);
    return { ...env, CLICKHOUSE_URL: urlFor(passwords, account) };
}
