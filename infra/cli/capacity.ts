/** `npm run capacity`: what the facts of a running stack grow by, how long the disk lasts at that rate, and what it costs. */
import { Command, InvalidArgumentError } from "commander";
import { daysUntilFull, type Found, type Growth, growth } from "./capacity/forecast";
import { literal, qualified } from "../../schema/ddl/quote";
import { type ClickHouse } from "../provider/clients";
import { ClickHouseService } from "../provider/clients/clickhouse";
import { up } from "./project";
import { table } from "./screen";
import { UserError, run } from "./terminal";

function price(text: string): number {
    if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
    throw new InvalidArgumentError("a price is a number, e.g. 0.08");
}

const command = new Command("npm run capacity --")
    .description(
        "Growth of every fact at the rate of the last hours, days until the disk is full, and the monthly cost.",
    )
    .option("--hours <n>", "hours that are looked at", "24")
    .option("--price-per-gb <price>", "of storage, per GB and month, in your currency", price)
    .parse();
const { hours: asked, pricePerGb } = command.opts<{ hours: string; pricePerGb?: number }>();

const gigabyte = 1e9;
const inGigabytes = (bytes: number): string => (Number.isFinite(bytes) ? (bytes / gigabyte).toFixed(3) : "grows");

/** Tables of facts: their size, and how long their rows are kept, as their TTL says. */
async function facts(clickhouse: ClickHouse, hours: number): Promise<Found[]> {
    const tables = await clickhouse.rows<{ name: string; rows: number; bytes: number; days: number }>(
        `SELECT name, toFloat64(ifNull(total_rows, 0)) AS rows, toFloat64(ifNull(total_bytes, 0)) AS bytes,
            toFloat64OrZero(extract(create_table_query, 'toIntervalDay\\\\((\\\\d+)\\\\)')) AS days
         FROM system.tables WHERE database = 'facts' AND engine LIKE '%MergeTree' AND has_own_data AND name NOT IN ('gaps') ORDER BY name`,
    );
    const timed = tables.map(({ name }) => {
        const since = `now() - toIntervalMinute(${String(Math.round(hours * 60))})`;
        return `SELECT ${literal(name)} AS name, toFloat64(count()) AS recent, toFloat64(dateDiff('second', min(ingested_at), now())) AS seconds
            FROM ${qualified("facts", name)} WHERE ingested_at >= ${since}`;
    });
    const counted = await clickhouse.rows<{ name: string; recent: number; seconds: number }>(timed.join(" UNION ALL "));
    const seen = new Map(counted.map((row) => [row.name, row]));
    // What is younger than the look was seen for as long as the first of all was.
    const longest = Math.max(...counted.filter(({ recent }) => recent > 0).map(({ seconds }) => seconds), 0) / 3_600;
    return tables.map(({ days, ...found }) => ({
        ...found,
        ...{ recent: seen.get(found.name)?.recent ?? 0, hours: Math.min(hours, longest) },
        days: days === 0 ? Infinity : days,
    }));
}

function lines(found: readonly Found[], grown: readonly Growth[]): string[] {
    const rows = grown.map((each, index) => [
        each.name,
        (found[index]?.rows ?? 0).toLocaleString("en"),
        each.bytesPerRow.toFixed(1),
        Math.round(each.rowsPerDay).toLocaleString("en"),
        inGigabytes(each.bytesPerDay),
        Number.isFinite(found[index]?.days) ? String(found[index]?.days) : "-",
        inGigabytes(each.steadyBytes),
    ]);
    return table(["fact", "rows", "bytes/row", "rows/day", "GB/day", "days kept", "GB then"], rows);
}

run(async () => {
    const hours = Number(asked);
    if (!(hours > 0)) throw new UserError(`--hours: a number of hours above 0, found ${asked}`);
    const { clickhouseUrl } = await up();
    const clickhouse = new ClickHouseService({ url: clickhouseUrl }).with({ seconds: 0 });
    const found = await facts(clickhouse, hours);
    const grown = found.map(growth);
    const [disk] = await clickhouse.rows<{ free: number; used: number }>(
        "SELECT toFloat64(min(free_space)) AS free, (SELECT toFloat64(sum(bytes_on_disk)) FROM system.parts WHERE active) AS used FROM system.disks",
    );
    const { free = 0, used = 0 } = disk ?? {};
    const left = daysUntilFull(
        grown.map((each, index) => [each, found[index]?.bytes ?? 0]),
        free,
    );
    const steady = grown.reduce((sum, { steadyBytes }) => sum + steadyBytes, 0);
    const looked = Math.max(...found.map((each) => each.hours), 0);
    process.stdout.write(
        [
            ...lines(found, grown),
            "",
            `Rates are those of the last ${looked.toFixed(1)} h. All tables of ClickHouse take ${inGigabytes(used)} GB now, and ${inGigabytes(free)} GB are free.`,
            left === undefined
                ? `At this rate the facts will take ${inGigabytes(steady)} GB; the disk is not full within ten years.`
                : `At this rate the disk is full in ${String(left)} days.`,
            ...(pricePerGb === undefined
                ? []
                : [
                      `The facts cost ${((steady / gigabyte) * pricePerGb).toFixed(2)} a month then, at ${String(pricePerGb)} a GB.`,
                  ]),
            "",
        ].join("\n"),
    );
});
