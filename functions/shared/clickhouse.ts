// ClickHouse as workers that ask it much use it: every value is bound, every query has a limit of time, 64-bit integers come as numbers.
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";

/** Rows of a query, with what it cost. */
export interface Answer<T> {
    readonly rows: T[];
    /** Rows the server read for it. */
    readonly readRows: number;
}

/** What a query is given beside its text. */
export interface Asking {
    readonly parameters?: Readonly<Record<string, unknown>>;
    readonly settings?: Readonly<Record<string, string | number>>;
}

const usualTimeoutSeconds = 30;

/** What holds for all queries of a client. */
export interface Always {
    readonly settings?: Readonly<Record<string, string | number>>;
    /** Aborts those that run, and all later ones. */
    readonly signal?: AbortSignal;
}

/** A client of one server. */
export class Database {
    readonly client: ClickHouseClient;

    /**
     * @param url with login and password where they are needed: `http://user:password@host:8123`
     * @param timeoutSeconds after which the server stops a query
     */
    constructor(
        url: string,
        timeoutSeconds = usualTimeoutSeconds,
        private readonly always: Always = {},
    ) {
        this.client = createClient({
            url,
            application: "trading-monitoring",
            request_timeout: (timeoutSeconds + 10) * 1_000,
            // What fails is thrown, and said by whoever asked.
            log: { level: ClickHouseLogLevel.OFF },
            clickhouse_settings: {
                max_execution_time: timeoutSeconds,
                output_format_json_quote_64bit_integers: 0,
                output_format_json_quote_decimals: 1,
                ...always.settings,
            },
        });
    }

    /** Runs a query. Throws the server's error, or that it took too long. */
    async ask<T>(query: string, { parameters, settings }: Asking = {}): Promise<Answer<T>> {
        const result = await this.client.query({
            query,
            format: "JSON",
            // In the body: a list of identities would be too long for a URL.
            use_multipart_params: true,
            query_params: { ...parameters },
            ...(this.always.signal && { abort_signal: this.always.signal }),
            ...(settings && { clickhouse_settings: settings }),
        });
        const { data, statistics } = await result.json<T>();
        return { rows: data, readRows: statistics?.rows_read ?? 0 };
    }

    /** Runs a query for its rows alone. */
    async rows<T>(query: string, parameters: Readonly<Record<string, unknown>> = {}): Promise<T[]> {
        return (await this.ask<T>(query, { parameters })).rows;
    }

    /** Writes rows into `table`, given as database.name; they are stored when this resolves. */
    async insert(table: string, rows: readonly object[]): Promise<void> {
        if (rows.length === 0) return;
        await this.client.insert({
            table,
            values: rows,
            format: "JSONEachRow",
            clickhouse_settings: { async_insert: 0, date_time_input_format: "best_effort" },
        });
    }

    close(): Promise<void> {
        return this.client.close();
    }
}
