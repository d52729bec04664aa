// Runs statements as one ClickHouse account on the embedded engine, which has no login: `node … asAccount.ts <data folder> <configuration file>`, whose users_config
// gives the account's rights to `default`. Statements come in as a JSON array, what became of each goes out as one.
import { text } from "node:stream/consumers";
import { connect, run } from "../../infra/embedded/clickhouse-host/native";

async function main(): Promise<void> {
    const [folder = "", config = ""] = process.argv.slice(2);
    const statements = JSON.parse(await text(process.stdin)) as string[];
    connect(folder, [`--config-file=${config}`, "--log-level=fatal"]);
    const connection = connect(folder);
    const answers: { error?: string; output?: string }[] = [];
    for (const statement of statements) {
        try {
            const { bytes } = await run(connection, Buffer.from(statement), "TabSeparated");
            answers.push({ output: bytes.toString() });
        } catch (thrown) {
            answers.push({ error: thrown instanceof Error ? thrown.message : String(thrown) });
        }
    }
    // What the engine does while a process ends would crash it: it is ended as by a power cut, which it is made for.
    process.stdout.write(JSON.stringify(answers), () => process.kill(process.pid, "SIGKILL"));
}

void main();
