// For the unit tests of the kinds: services that answer from a script and remember what they were asked.
import {
    type ClickHouse,
    type Clients,
    type Kafka,
    Rejected,
    type Supervisor,
    type TopicState,
} from "../../../infra/provider/clients";
import { type Context, type Log } from "../../../infra/provider/kind";
import { type ProcessDetails } from "../../../infra/embedded/supervisor/protocol";

/** Answers to queries: the first whose pattern fits the text and its parameters. */
export type Script = [pattern: RegExp, rows: (parameters: Record<string, unknown>) => unknown[]][];

/** A ClickHouse that answers by script; `ran` holds the statements, white space squeezed. */
export class FakeClickHouse implements ClickHouse {
    readonly ran: string[] = [];
    /** A statement that fits is refused. */
    refuses: RegExp | undefined;

    constructor(readonly script: Script = []) {}

    rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
        const found = this.script.find(([pattern]) => pattern.test(query));
        return Promise.resolve((found?.[1](parameters) ?? []) as T[]);
    }

    run(statement: string): Promise<void> {
        const text = statement.replace(/\s+/g, " ");
        if (this.refuses?.test(text) === true) return Promise.reject(new Rejected(`ClickHouse refused: ${text}`));
        this.ran.push(text);
        return Promise.resolve();
    }

    session<T>(work: (session: ClickHouse) => Promise<T>): Promise<T> {
        return work(this);
    }
}

/** A broker with topics in memory. */
export class FakeKafka implements Kafka {
    readonly asked: string[] = [];
    constructor(readonly topics: Record<string, TopicState & { messages: number }> = {}) {}

    describe = (topic: string): Promise<TopicState | undefined> => Promise.resolve(this.topics[topic]);
    messages = (topic: string): Promise<number> => Promise.resolve(this.topics[topic]?.messages ?? 0);
    create = (topic: string, partitions: number, config: Record<string, string>): Promise<void> =>
        this.note(`create ${topic} ${String(partitions)} ${JSON.stringify(config)}`);
    grow = (topic: string, partitions: number): Promise<void> => this.note(`grow ${topic} ${String(partitions)}`);
    configure = (topic: string, config: Record<string, string>): Promise<void> =>
        this.note(`configure ${topic} ${JSON.stringify(config)}`);
    delete = (topic: string): Promise<void> => this.note(`delete ${topic}`);

    private note(what: string): Promise<void> {
        this.asked.push(what);
        return Promise.resolve();
    }
}

/** A supervisor with processes in memory. */
export class FakeSupervisor implements Supervisor {
    readonly started: string[] = [];
    readonly removed: string[] = [];
    constructor(readonly processes: ProcessDetails[] = []) {}

    list = (): Promise<ProcessDetails[]> => Promise.resolve(this.processes);
    get = (name: string): Promise<ProcessDetails | undefined> =>
        Promise.resolve(this.processes.find((process) => process.name === name));
    start = (name: string): Promise<ProcessDetails> => {
        this.started.push(name);
        return Promise.resolve({} as ProcessDetails);
    };
    remove = (name: string): Promise<void> => {
        this.removed.push(name);
        return Promise.resolve();
    };
    shutdown = (): Promise<void> => Promise.resolve();
}

/** A context over fakes; `said` holds every line that a person would see. */
export function contextOf(clients: Partial<Clients>): Context & { said: string[] } {
    const said: string[] = [];
    const say = (message: string): void => void said.push(message);
    const log: Log = { info: say, warn: say, status: () => undefined, once: say };
    return { clients: clients as Clients, log, said };
}

/** The state of a resource right after it was created. */
export const stateOf = <I extends object>(
    id: string,
    inputs: I,
    outputs: object = inputs,
): { id: string; inputs: I; outputs: never } => ({
    id,
    inputs,
    outputs: outputs as never,
});
