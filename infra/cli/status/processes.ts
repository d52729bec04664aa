/** The first half of `make status`: what should run of a stack, what does, and what the workers say of themselves. */
import { SupervisorClient, SupervisorUnreachable } from "../../embedded/supervisor/client";
import { isAlive } from "../../embedded/supervisor/identity";
import { supervisorPaths } from "../../embedded/supervisor/paths";
import { type HealthCheck, type ProcessDetails } from "../../embedded/supervisor/protocol";
import { readDesired, readRunning } from "../../embedded/supervisor/state";
import { type Program, programs } from "../beside";
import { type Health, healthOf } from "../health";
import { age, cut, table } from "../screen";

/** Lines of the screen that a reason may take: with its place and with what to do. */
const reasonLines = 3;

/** Part of the screen, and of what should run that which does not. */
export interface Part {
    lines: string[];
    down: string[];
}

/** One process as the screen has it; `-` where there is nothing to say. */
export interface Row {
    name: string;
    state: string;
    pid: string;
    since: string;
    restarts: string;
    port: string;
    /** What is wrong with it, in its own words. */
    reasons: readonly string[];
    down: boolean;
}

/** Port that a process answers its health check on. */
export const portOf = (check: HealthCheck): string =>
    "tcp" in check ? check.tcp.slice(check.tcp.lastIndexOf(":") + 1) : new URL(check.url).port;

/** Workers say at /healthz what /livez, which they are watched by, leaves out. */
const ownWords = (check: HealthCheck): string | undefined =>
    "url" in check && check.url.endsWith("/livez") ? check.url.replace(/livez$/, "healthz") : undefined;

/** A process under its supervisor, with what it says of itself where it was asked. */
export function supervised(process: ProcessDetails, health: Health | undefined, now: number): Row {
    const { name, state, healthy, pid, since, restarts, spec } = process;
    const runs = state === "running" && healthy;
    const mood = health === undefined || health.status === "ok" ? "running" : health.status;
    return {
        name,
        state: runs ? mood : state === "running" ? "no answer" : state,
        pid: pid === null ? "-" : String(pid),
        since: age(now - Date.parse(since)),
        restarts: String(restarts),
        port: portOf(spec.health),
        reasons: runs ? (health?.reasons ?? []) : [lastWords(process)],
        down: !runs,
    };
}

function lastWords({ state, pid, lastExit, logFile }: ProcessDetails): string {
    if (state === "running")
        return `alive, but its health check fails; kill -9 ${String(pid)} has it started again; see ${logFile}`;
    const { error, signal, code } = lastExit ?? {};
    const ended = lastExit === null ? "" : `, last end: ${error ?? signal ?? `exit code ${String(code)}`}`;
    return `${state}${ended}; see ${logFile}`;
}

const blank = { pid: "-", since: "-", restarts: "-", port: "-", reasons: [], down: false };

/** What a supervisor that is gone had to look after, by its files. */
function unsupervised(dir: string): Row[] {
    const { processes, pids } = supervisorPaths(dir);
    const alive = readRunning(pids).filter(({ pid, identity }) => isAlive(pid, identity));
    return readDesired(processes).map(({ name, spec }) => {
        const found = alive.find((each) => each.name === name);
        const port = portOf(spec.health);
        return found === undefined
            ? { ...blank, name, state: "dead", port, down: true }
            : { ...blank, name, state: "unwatched", pid: String(found.pid), port };
    });
}

const beside = ({ name, pid, since }: Program, now: number): Row => ({
    ...blank,
    ...{ name, state: "in a terminal", pid: String(pid), since: age(now - Date.parse(since)) },
});

async function rowsOf(client: SupervisorClient): Promise<Row[]> {
    const found = await Promise.all((await client.list()).map(({ name }) => client.get(name)));
    return Promise.all(
        found
            .filter((each) => each !== undefined)
            .map(async (each) => {
                const url = each.state === "running" && each.healthy ? ownWords(each.spec.health) : undefined;
                return supervised(each, url === undefined ? undefined : await healthOf(url), Date.now());
            }),
    );
}

/** Rows as lines: the table, then a line for each reason. */
export function processLines(rows: readonly Row[]): string[] {
    const cells = rows.map(({ name, state, pid, since, restarts, port }) => [name, state, pid, since, restarts, port]);
    const reasons = rows.flatMap(({ name, reasons: own }) =>
        own.map((reason) => `  ${name}: ${cut(reason, reasonLines)}`),
    );
    return [...table(["process", "state", "pid", "for", "restarts", "port"], cells), ...reasons];
}

/** Whether nothing is to run for the stack of this folder, and nothing runs beside it. */
export const isIdle = (dir: string): boolean =>
    readDesired(supervisorPaths(dir).processes).length === 0 && programs(dir).length === 0;

/** What runs of the stack of this folder, and beside it. @throws Error when its supervisor answers, but not as it should */
export async function processes(dir: string): Promise<Part> {
    const others = programs(dir).map((each) => beside(each, Date.now()));
    try {
        const rows = await rowsOf(new SupervisorClient(dir));
        const down = rows.filter((row) => row.down).map(({ name, state }) => `${name} (${state})`);
        return { lines: processLines([...rows, ...others]), down };
    } catch (cause) {
        if (!(cause instanceof SupervisorUnreachable)) throw cause;
        const rows = unsupervised(dir);
        if (rows.length === 0) return { lines: processLines(others), down: [] };
        const dead = rows.filter((row) => row.down).map(({ name, state }) => `${name} (${state})`);
        return {
            lines: processLines([...rows, ...others]),
            down: ["the supervisor, which restarts the others", ...dead],
        };
    }
}
