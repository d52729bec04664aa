// Passwords: made once, kept in the state encrypted, and told to nobody but whose they are and who checks them.
import { RandomPassword } from "@pulumi/random";
import { kebab } from "../../names";
import { type Input, interpolate, type Output, secret } from "../../pulumi";
import { accounts, workerAccounts } from "../../services/clickhouse/accounts";
import { type Worker } from "../target";

/** By account. */
export type Passwords = ReadonlyMap<string, Output<string>>;

/** Letters and digits, for they are parts of URLs. */
export const generated = (name: string): Output<string> =>
    secret(new RandomPassword(name, { length: 32, special: false }).result);

/** With at least one of each kind, and of special characters those that HyperDX counts as such. */
export const generatedWithSpecial = (name: string): Output<string> =>
    secret(
        new RandomPassword(name, {
            ...{ length: 32, overrideSpecial: "!@#$%^*" },
            ...{ minUpper: 1, minLower: 1, minNumeric: 1, minSpecial: 1 },
        }).result,
    );

/** Makes a password for each account of ClickHouse. */
export const clickhousePasswords = (): Passwords =>
    new Map(accounts.map(({ name }) => [name, generated(`clickhouse-${kebab(name)}`)]));

/** @throws Error when there is no such account */
export function passwordOf(passwords: Passwords, account: string): Output<string> {
    const found = passwords.get(account);
    if (found === undefined) throw new Error(`kubernetes: there is no account ${account}`);
    return found;
}

/** ClickHouse at host:port, with the login of an account. */
export const urlFor = (passwords: Passwords, account: string, place: string): Output<string> =>
    interpolate`http://${account}:${passwordOf(passwords, account)}@${place}`;

/** A worker that is told where ClickHouse is logs in there by its own account. */
export function asItself(
    env: Worker["env"],
    worker: string,
    passwords: Passwords,
    place: string,
): Record<string, Input<string>> {
    if (env["CLICKHOUSE_URL"] === undefined) return env;
    const account = workerAccounts[worker];
    if (account === undefined) throw new Error(`kubernetes: worker ${worker} has no ClickHouse account`);
    return { ...env, CLICKHOUSE_URL: urlFor(passwords, account, place) };
}
