// ClickHouse's accounts on the embedded engine. It has no login, but it reads users and holds to their rights: so each account in turn is given to its only user, on
// the same data folder. One thing is different from a server: there the server's own file (users.xml) brings the profile and the quota `default`.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usersXml } from "../../infra/services/clickhouse/users";

const root = join(__dirname, "../..");

/** What became of a statement. */
export interface Answer {
    error?: string;
    output?: string;
}

/** The accounts' file with the rights of one moved to the engine's user. */
function usersFor(account: string): string {
    const xml = usersXml(() => "0".repeat(64))
        .replace("<profiles>", "<profiles><default></default>")
        .replace("<quotas>", "<quotas><default></default>");
    const own = new RegExp(`<${account}>\\s*<password_sha256_hex>0+</password_sha256_hex>([\\s\\S]*?)</${account}>`);
    const [, rights] = own.exec(xml) ?? [];
    if (rights === undefined) throw new Error(`tests: there is no account ${account}`);
    return xml.replace('<default remove="remove"/>', `<default><password></password>${rights}</default>`);
}

/** One data folder, looked at by one account after another. */
export class AccountBench {
    private readonly folder = mkdtempSync(join(tmpdir(), "clickhouse-accounts-"));

    /** Runs statements, about a second for the start of an engine. */
    as(account: string, statements: readonly string[]): Answer[] {
        const [users, config] = [join(this.folder, "users.xml"), join(this.folder, "config.xml")];
        writeFileSync(users, usersFor(account));
        writeFileSync(config, `<clickhouse><users_config>${users}</users_config></clickhouse>`);
        const script = join(root, "tests/support/asAccount.ts");
        const args = ["--require", "tsx/cjs", script, join(this.folder, "data"), config];
        const input = JSON.stringify(statements);
        const options = { cwd: root, input, encoding: "utf8" as const, maxBuffer: 1 << 28 };
        const { signal, stdout, stderr } = spawnSync(process.execPath, args, options);
        if (signal !== "SIGKILL" || stdout === "")
            throw new Error(`tests: engine of ${account}: ${String(signal)} ${stderr}`);
        return JSON.parse(stdout) as Answer[];
    }

    /** Those of the statements that the account was refused, or that failed otherwise, with the answer. */
    refused(account: string, statements: readonly string[]): string[] {
        return this.as(account, statements).flatMap(({ error }, index) =>
            error === undefined ? [] : [`${statements[index] ?? ""}: ${error}`],
        );
    }

    dispose(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
