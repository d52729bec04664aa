// The engine as the host uses it: started once on its folder, a session for each request, queries stopped from beside.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { engineConfig, type EngineOptions } from "./config-xml";
import { engineException } from "./errors";
import { connect, disconnect, run, runWrite, type Connection, type Outcome } from "./native";
import { quote, quoteName } from "./statement";

/**
 * The setting that carries a query's id as clients know it, to find it in system.processes: the engine gives every query an id of its own.
 * It belongs to chdb (the client's name in its logs) and changes nothing else.
 */
const ID_SETTING = "chdb_client_name";

/** What a session starts with, so that SQL means what it means on a server rather than in the command line tool. */
const SERVER_LIKE: Record<string, string> = { implicit_select: "0", allow_introspection_functions: "0" };

/** A text of SET statements larger than the engine's default for a query needs the limit raised first. */
const DEFAULT_MAX_QUERY_SIZE = 262_144;

/** Settings and parameters of one connection to the engine. */
export class EngineSession {
    private readonly connection: Connection;
    private busy: Promise<unknown> = Promise.resolve();

    constructor(folder: string) {
        this.connection = connect(folder);
    }

    /** Sets settings and query parameters (`param_x`), all values given as text as in a URL. */
    async set(values: Iterable<readonly [string, string]>): Promise<void> {
        const pairs = [...values].map(([name, value]) => `${quoteName(name)} = ${quote(value)}`);
        if (pairs.length === 0) {
            return;
        }
        const sql = `SET ${pairs.join(", ")}`;
        const large = sql.length > DEFAULT_MAX_QUERY_SIZE / 4;
        if (large) {
            await this.text(`SET max_query_size = ${sql.length * 4}`);
        }
        await this.text(large ? `SET max_query_size = DEFAULT, ${sql.slice(4)}` : sql);
    }

    /** Starts a session's life with the host's defaults. */
    begin(defaults: Record<string, string>): Promise<void> {
        return this.set(Object.entries({ ...SERVER_LIKE, ...defaults }));
    }

    /** Makes `database` the current one. */
    async use(database: string): Promise<void> {
        await this.text(`USE ${quoteName(database)}`);
    }

    /** Names the queries to come, for `Engine.kill`. */
    idSetting(queryId: string): readonly [string, string] {
        return [ID_SETTING, queryId];
    }

    /** Runs a statement given as text and returns its output. */
    async text(sql: string, format = "TabSeparated"): Promise<string> {
        return (await this.run(Buffer.from(sql), format)).bytes.toString("utf8");
    }

    /** Runs a statement given as bytes. */
    run(sql: Buffer, format: string): Promise<Outcome> {
        return this.track(run(this.connection, sql, format));
    }

    /** Runs a statement whose written rows count and whose output does not. */
    runWrite(sql: Buffer): Promise<Outcome> {
        return this.track(runWrite(this.connection, sql));
    }

    /** Frees the session once nothing runs on it. */
    async close(): Promise<void> {
        await this.busy;
        disconnect(this.connection);
    }

    private track(running: Promise<Outcome>): Promise<Outcome> {
        const result = running.catch((thrown: unknown) => {
            throw engineException(thrown);
        });
        this.busy = result.catch(() => undefined);
        return result;
    }
}

/** The engine of this process: there is one, it owns one data folder. */
export class Engine {
    private controlTail: Promise<unknown> = Promise.resolve();

    private constructor(
        private readonly dataFolder: string,
        private readonly control: EngineSession,
        readonly version: string,
        readonly contentTypes: ReadonlyMap<string, string>,
    ) {}

    /** Starts the engine on `options.folder`, which the caller has locked. */
    static async start(options: EngineOptions): Promise<Engine> {
        const dataFolder = join(options.folder, "data");
        const configFile = join(options.folder, "config.xml");
        mkdirSync(dataFolder, { recursive: true });
        mkdirSync(join(options.folder, "backups"), { recursive: true });
        writeFileSync(configFile, engineConfig(options));
        // The first connection starts the engine and is kept: with its last one the engine would stop.
        connect(dataFolder, [`--config-file=${configFile}`, "--log-level=warning"]);
        const control = new EngineSession(dataFolder);
        const version = (await control.text("SELECT version()")).trim();
        const formats = await control.text("SELECT name, content_type FROM system.formats WHERE is_output");
        const rows = formats
            .trim()
            .split("\n")
            .map((line) => line.split("\t"));
        const contentTypes = new Map(rows.map(([name = "", type = ""]) => [name.toLowerCase(), type]));
        return new Engine(dataFolder, control, version, contentTypes);
    }

    /** Opens a session (about a millisecond). */
    openSession(): EngineSession {
        return new EngineSession(this.dataFolder);
    }

    /** The Content-Type of a format, as the engine has it. */
    contentType(format: string): string {
        const type = this.contentTypes.get(format.toLowerCase());
        return type === undefined || type === "" ? "text/plain; charset=UTF-8" : type;
    }

    /** Asks the engine to stop the query a client knows by `queryId`; returns whether there was one. Does not wait for its end. */
    async kill(queryId: string): Promise<boolean> {
        const killed = await this.ask(`KILL QUERY WHERE Settings['${ID_SETTING}'] = ${quote(queryId)} ASYNC`);
        return killed !== "";
    }

    /** The engine's own id of a running query. */
    async engineId(queryId: string): Promise<string | undefined> {
        const where = `Settings['${ID_SETTING}'] = ${quote(queryId)}`;
        const id = await this.ask(`SELECT query_id FROM system.processes WHERE ${where} LIMIT 1`);
        return id === "" ? undefined : id;
    }

    /** Bytes the engine has allocated. */
    async memoryBytes(): Promise<number> {
        return Number(await this.ask("SELECT value FROM system.metrics WHERE metric = 'MemoryTracking'"));
    }

    /** Runs a small question on the host's own session, one at a time. */
    private ask(sql: string): Promise<string> {
        const answer = this.controlTail.then(() => this.control.text(sql));
        this.controlTail = answer.catch(() => undefined);
        return answer.then((text) => text.trim());
    }
}
