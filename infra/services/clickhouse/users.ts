// Pure: users.d/trading.xml, ClickHouse's accounts as it reads them at its start and whenever the file changes. A file instead of SQL: the server refuses to let any
// account change it, and a server with an empty data folder has the same accounts. Of a password there is only its hash in it.
import { type Account, accounts, type Profile } from "./accounts";

/** Bytes and seconds, beside the server's own profile `default`: a query of a page that somebody left open must not take the server from the evaluator. */
const profiles: Readonly<Record<Exclude<Profile, "default">, Readonly<Record<string, number>>>> = {
    working: { allow_ddl: 0, max_memory_usage: 4_000_000_000 },
    // 2: reads only, and may change settings for a query (Grafana's plugin and HyperDX do), up to the bounds below.
    reading: { readonly: 2, allow_ddl: 0, max_memory_usage: 2_000_000_000, max_execution_time: 60, max_threads: 4 },
};

/** What a reading account cannot raise for its own queries. */
const bounds = ["max_memory_usage", "max_execution_time", "max_threads"] as const;

/** Per account and hour. */
const quota = { queries: 20_000, execution_time: 3_600 };

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

function profileXml(name: keyof typeof profiles): string {
    const settings = profiles[name];
    const values = Object.entries(settings).map(([key, value]) => element(key, String(value)));
    const bounded = bounds
        .filter((key) => settings["readonly"] !== undefined && key in settings)
        .map((key) => element(key, element("max", String(settings[key]))));
    const constraints = bounded.length === 0 ? [] : [element("constraints", bounded.join(""))];
    return element(name, [...values, ...constraints].join(""));
}

function quotaXml(): string {
    const limits = Object.entries(quota).map(([key, value]) => element(key, String(value)));
    return element("bounded", element("interval", [element("duration", "3600"), ...limits].join("")));
}

/** Policies hold for this account; the server writes down for all the others that they see every row. */
function rowsXml(rows: NonNullable<Account["rows"]>): string {
    const byDatabase = new Map<string, string[]>();
    for (const [place, filter] of Object.entries(rows)) {
        const [database = "", table = ""] = place.split(".");
        const filters = byDatabase.get(database) ?? [];
        byDatabase.set(database, [...filters, element(table, element("filter", escaped(filter)))]);
    }
    const parts = [...byDatabase].map(([database, filters]) => element(database, filters.join("\n                ")));
    return element("databases", parts.join("\n                "));
}

function accountXml({ name, profile, grants, quota: bounded = false, rows }: Account, passwordSha256: string): string {
    const parts = [
        element("password_sha256_hex", passwordSha256),
        element("networks", element("ip", "::/0")),
        element("profile", profile),
        element("quota", bounded ? "bounded" : "default"),
        element("grants", grants.map((grant) => `\n                ${element("query", escaped(grant))}`).join("")),
        ...(rows === undefined ? [] : [rowsXml(rows)]),
    ];
    return element(name, `\n            ${parts.join("\n            ")}\n        `);
}

/**
 * The file's text.
 * @param hashOf hexadecimal SHA-256 of an account's password
 */
export function usersXml(hashOf: (account: string) => string): string {
    const names = Object.keys(profiles) as (keyof typeof profiles)[];
    const users = accounts.map((account) => accountXml(account, hashOf(account.name)));
    return `<clickhouse>
    <profiles>
        ${names.map(profileXml).join("\n        ")}
    </profiles>
    <quotas>
        ${quotaXml()}
    </quotas>
    <users>
        <default remove="remove"/>
        ${users.join("\n        ")}
    </users>
</clickhouse>
`;
}
