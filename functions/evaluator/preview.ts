// Run by the provider in a `pulumi preview`, for a rule that is new or changed: what it would have raised over the last days, as it was and as it is
// to be. It takes a request as JSON on standard input, answers on standard output, and writes nothing anywhere else; its queries are read-only.
import { text } from "node:stream/consumers";
import { ClickHouseError } from "@clickhouse/client";
import { z } from "zod";
import { deployedRule } from "../../schema/rules";
import { changeText } from "./backtest/change";
import { compare } from "./backtest/comparison";
import { Database } from "../shared/clickhouse";
import { day } from "../shared/time";

/** How far back it looks. */
const days = 7;
/** A process that still runs so long after its time was up has hung. */
const graceMs = 500;

const request = z.object({
    clickhouse: z.object({ url: z.url(), user: z.string().optional(), password: z.string().optional() }),
    /** Absent where the rule is new. */
    before: deployedRule.optional(),
    after: deployedRule,
    /** When the time is up, milliseconds since 1970. */
    until: z.number(),
    /** Whether entities may be named. */
    names: z.boolean(),
});
type Request = z.infer<typeof request>;

function urlOf({ url, user = "", password = "" }: Request["clickhouse"]): string {
    const login = new URL(url);
    login.username = encodeURIComponent(user);
    login.password = encodeURIComponent(password);
    return login.href;
}

const absent = ["UNKNOWN_IDENTIFIER", "UNKNOWN_TABLE", "UNKNOWN_DATABASE", "UNKNOWN_FUNCTION"];

/** What went wrong. The server's own words may quote values of rows, so they are shown only where names are. */
function refusal(error: ClickHouseError, names: boolean): string {
    const { type = "", code, message } = error;
    const hint = absent.includes(type) ? "; what it reads may come with this very change" : "";
    return `ClickHouse refused a query: ${type} (code ${code})${hint}${names ? `: ${message.split("\n")[0] ?? ""}` : ""}`;
}

async function answer({ clickhouse, before, after, until, names }: Request): Promise<string> {
    const left = Math.max(0, until - Date.now());
    const signal = AbortSignal.timeout(left);
    // What the client stops asking for, the server stops as well; else the limit of time ends it.
    const settings = { readonly: 2, cancel_http_readonly_queries_on_client_close: 1 };
    const database = new Database(urlOf(clickhouse), Math.ceil(left / 1_000) + 1, { settings, signal });
    const now = Date.now() * 1_000;
    const range = { since: now - days * day, until: now };
    try {
        const compared = await compare(database, { before, after, range, signal });
        return changeText({ before, after, range, compared, names });
    } catch (error) {
        if (error instanceof ClickHouseError) return `rule ${after.name}: not backtested: ${refusal(error, names)}`;
        throw error;
    } finally {
        await database.close();
    }
}

async function main(): Promise<void> {
    const asked = request.parse(JSON.parse(await text(process.stdin)));
    setTimeout(() => process.exit(1), Math.max(0, asked.until - Date.now()) + graceMs).unref();
    process.stdout.write(JSON.stringify({ text: await answer(asked) }));
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
});
