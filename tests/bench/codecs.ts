// `npm run codecs`: bytes per row and column, tuned against plain, on data of realistic shape; needs no stack, only a ClickHouse.
import { startClickHouseHost } from "../support/clickhouse";
import { createClient } from "@clickhouse/client";
import { Command } from "commander";
import { runCommand } from "../../functions/shared/commandLine";
import { removeFolder, temporaryFolder } from "../support/processes";
import { storage } from "./storage";

async function main(): Promise<void> {
    const folder = temporaryFolder("codecs");
    const host = await startClickHouseHost({ path: folder });
    const client = createClient({ url: host.url });
    try {
        await client.command({ query: "CREATE DATABASE facts" });
        for (const fact of ["market_trades", "order_book_ticks"] as const) {
            const { tuned, plain, floats } = await storage(client, fact);
            const line = (name: string, ...bytes: number[]): string =>
                `${name.padEnd(20)}${bytes.map((each) => each.toFixed(2).padStart(10)).join("")}\n`;
            process.stdout.write(
                `\n${fact}: bytes per row\n${"column".padEnd(20)}${["tuned", "plain", "Float64"].map((h) => h.padStart(10)).join("")}\n`,
            );
            for (const [column, bytes] of Object.entries(tuned.byColumn))
                process.stdout.write(line(column, bytes, plain.byColumn[column] ?? 0, floats.byColumn[column] ?? 0));
            process.stdout.write(line("all", tuned.total, plain.total, floats.total));
        }
    } finally {
        await client.close();
        await host.stop();
        removeFolder(folder);
    }
}

runCommand(
    new Command("npm run codecs --")
        .description("Prints bytes per row and column of two facts: as declared, plainly stored, and with Float64")
        .action(main),
);
