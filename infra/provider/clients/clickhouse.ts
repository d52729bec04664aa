// The provider's way to ClickHouse: its HTTP interface, by the official client.
import { randomUUID } from "node:crypto";
import { ClickHouseError, type ClickHouseClient, createClient } from "@clickhouse/client";
import { type Forward, ForwardLost, reached } from "./forward";
import { type Patience, Reach, Rejected, said } from "./reach";

/** Where ClickHouse is. */
export interface ClickHouseConnection {
    url: string;
    user?: string;
    password?: string;
    /** Where its host is known in a cluster only: the way there. */
    forward?: Forward;
}

/** Values bound to the `{name:Type}` places of a query. */
export type Parameters = Record<string, string | readonly string[]>;

/** What the kinds ask of ClickHouse. */
export interface ClickHouse {
    /** Rows of a query, with `{name:Type}` parameters bound by the server. */
    rows<T>(query: string, parameters?: Parameters): Promise<T[]>;
    /** Runs a statement; `secrets` are kept out of any error message. */
    run(statement: string, secrets?: readonly string[]): Promise<void>;
    /** Work in a session of its own, where temporary tables live. */
    session<T>(work: (session: ClickHouse) => Promise<T>): Promise<T>;
}

const connectionErrors =
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EPIPE|socket hang up|Timeout error|NETWORK_ERROR/;

/** Why no answer came; a server that answers that it is shutting down or not ready counts as absent too. */
function isConnectionFailure(cause: unknown): boolean {
    if (cause instanceof ClickHouseError) return ["NETWORK_ERROR", "SERVER_OVERLOADED"].includes(cause.type ?? "");
    if (cause instanceof ForwardLost) return true;
    const { code } = cause as { code?: unknown };
    return connectionErrors.test(`${typeof code === "string" ? code : ""} ${said(cause)}`);
}

/** Opens nothing until it is asked something. */
export class ClickHouseService {
    private made: { url: string; client: ClickHouseClient } | undefined;
    private readonly reach: Reach;

    constructor(private readonly connection: ClickHouseConnection) {
        this.reach = new Reach("ClickHouse", connection.url, isConnectionFailure);
    }

    /** The same service with the given patience. */
    with(patience: Patience, sessionId?: string): ClickHouse {
        const session = sessionId === undefined ? {} : { session_id: sessionId };
        const exchange = async <T>(
            statement: string,
            secrets: readonly string[],
            work: (client: ClickHouseClient) => Promise<T>,
        ): Promise<T> => {
            try {
                return await this.reach.run(patience, () => this.exchange(work));
            } catch (cause) {
                throw cause instanceof ClickHouseError ? rejected(cause, statement, secrets) : cause;
            }
        };
        return {
            rows: <T>(query: string, query_params: Parameters = {}) =>
                exchange(query, [], async (client) => {
                    const result = await client.query({ query, query_params, format: "JSONEachRow", ...session });
                    return result.json<T>();
                }),
            run: (query, secrets = []) =>
                exchange(query, secrets, async (client) => {
                    await client.command({ query, ...session });
                }),
            session: (work) => work(this.with(patience, randomUUID())),
        };
    }

    /** A forward whose pod is gone takes connections all the same, and breaks them: another one finds the next pod. */
    private async exchange<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
        const client = await this.client();
        try {
            return await work(client);
        } catch (cause) {
            if (isConnectionFailure(cause)) this.connection.forward?.close();
            throw cause;
        }
    }

    private async client(): Promise<ClickHouseClient> {
        const { url, user, password } = await reached(this.connection);
        if (this.made?.url === url) return this.made.client;
        void this.made?.client.close();
        const client = createClient({
            url,
            ...(user === undefined ? {} : { username: user }),
            ...(password === undefined ? {} : { password }),
            request_timeout: 120_000,
            log: { level: 127 },
        });
        this.made = { url, client };
        return client;
    }
}

/** The server's words, and the statement's beginning. */
function rejected(error: ClickHouseError, statement: string, secrets: readonly string[]): Rejected {
    const shown = statement.replace(/\s+/g, " ").trim();
    const text = `ClickHouse refused: ${said(error).trim()} (code ${error.code}${error.type === undefined ? "" : `, ${error.type}`}); statement: ${shown.slice(0, 300)}${shown.length > 300 ? "…" : ""}`;
    return new Rejected(
        secrets.filter(Boolean).reduce((result, secret) => result.replaceAll(secret, "[secret]"), text),
        {
            cause: error,
        },
    );
}
