// Who logs in to ClickHouse by which password. Each container is told its own and no other.
import { RandomPassword } from "@pulumi/random";
import { kebab } from "../../names";
import { type Input, interpolate, type Output, secret } from "../../pulumi";
import { accounts, workerAccounts } from "../../services/clickhouse/accounts";
import { type Worker } from "../target";
import { clickhouseInside } from "./endpoints";

/** By account of ClickHouse. */
export type Passwords = ReadonlyMap<string, Output<string>>;

/** At least one of each kind, and of special characters those that HyperDX counts as such. */
const withSpecial = {
    special: true,
    overrideSpecial: "!@#$%^*",
    minUpper: 1,
    minLower: 1,
    minNumeric: 1,
    minSpecial: 1,
};

/** A password that is made once and kept in the state, encrypted; without `special` of letters and digits, for it is part of a URL. */
export const generated = (name: string, { special }: { special: boolean } = { special: false }): Output<string> =>
    secret(new RandomPassword(name, { length: 32, ...(special ? withSpecial : { special }) }).result);

/** Makes a password for each account of ClickHouse. */
export const createPasswords = (): Passwords =>
    new Map(accounts.map(({ name }) => [name, generated(`clickhouse-${kebab(name)}`)]));

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
