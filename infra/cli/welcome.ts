/** End of `make start`: where everything is and how to look at the data. Pure. */

/** What a stack's outputs say to a person: every plain value, then commands to try when there is a ClickHouse to ask. */
export function welcome(stack: string, outputs: Record<string, unknown>): string {
    const plain = Object.entries(outputs).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const width = Math.max(0, ...plain.map(([name]) => name.length));
    const lines = [`Stack ${stack} is up.`, "", ...plain.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)];
    const clickhouse = outputs["clickhouseUrl"];
    if (typeof clickhouse === "string") lines.push("", "Look at the data:", ...examples(clickhouse));
    const which = stack === "dev" ? "" : ` STACK=${stack}`;
    lines.push("", `More: ${["status", "preview", "stop"].map((goal) => `make ${goal}${which}`).join(", ")}`);
    return `\n${lines.join("\n")}\n`;
}

function examples(url: string): string[] {
    const queries = [
        "SHOW TABLES FROM trading",
        "SELECT event_time, symbol, price, quantity FROM trading.market_trades ORDER BY event_time DESC LIMIT 5",
        "SELECT toStartOfMinute(event_time) AS minute, count() FROM trading.market_trades GROUP BY minute ORDER BY minute DESC LIMIT 5",
    ];
    return queries.map((query) => `  curl '${url}/?default_format=PrettyCompact' --data-binary "${query}"`);
}
