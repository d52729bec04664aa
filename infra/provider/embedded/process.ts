// Kind: a local process under the stack's supervisor. A dead one shows in a plain preview and is started by the next up.
import { z } from "zod";
import { type ProcessSpec, type ProcessStatus, specHash } from "../../embedded/supervisor/protocol";
import { type Changes, compare, omit, replacing } from "../changes";
import { Rejected, said, Unreachable } from "../clients";
import { type Context, type Kind } from "../kind";
import { Problem } from "../problem";
import { ifReachable, notChecked } from "../reachable";
import { type Path } from "../wire";

/** A process's inputs. */
export interface ProcessInputs extends ProcessSpec {
    name: string;
    /** Added by the provider, absent where a refresh found it dead: so a preview shows `+ running: true` where up will start it. */
    running?: true;
}

const spec = (inputs: ProcessInputs): ProcessSpec => omit(inputs, "name", "running");
const title = ({ name }: ProcessInputs): string => `process ${name}`;
const words = z.string().min(1, "must not be empty");

const shape = z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be lower-case letters, digits, . _ or -"),
    command: z.array(words).min(1, "must hold the program to run"),
    env: z.record(z.string(), z.string("must be text")),
    cwd: z.string().startsWith("/", "must be an absolute path").exactOptional(),
    health: z.union([z.strictObject({ url: words }), z.strictObject({ tcp: words })], {
        error: 'must be {url: "http://…"} or {tcp: "host:port"}',
    }),
    healthTimeoutSeconds: z.number().positive().exactOptional(),
    fingerprint: z.string().exactOptional(),
    running: z.literal(true).exactOptional(),
});

/** Why a process needs to be started; undefined if it runs. */
function ailment(status: ProcessStatus | undefined): string | undefined {
    if (status === undefined) return "is unknown to its supervisor";
    if (status.state === "running" || status.state === "starting") return undefined;
    const { code = null, signal = null, error } = status.lastExit ?? {};
    const how = error ?? (signal === null ? `exit code ${String(code)}` : `killed by ${signal}`);
    return `does not run (${status.state}, ${how}, ${String(status.restarts)} restarts, log ${status.logFile})`;
}

/** Variables that somebody else has set: whether they are secret is not known, so they are. */
const foundOtherwise = (declared: ProcessSpec["env"], live: ProcessSpec["env"]): Path[] =>
    Object.keys(live)
        .filter((name) => live[name] !== declared[name])
        .map((name) => ["env", name]);

const outputsOf = ({ name }: ProcessInputs): object => ({ name });

const logLine = z.object({ msg: z.string(), why: z.string().optional() });

/** What a worker's log line says, without the fields for machines; lines of other programs as they are. */
export function spoken(line: string): string {
    try {
        const { msg, why } = logLine.parse(JSON.parse(line));
        return why === undefined ? msg : `${msg}: ${why}`;
    } catch {
        return line;
    }
}

async function start({ clients, log }: Context, inputs: ProcessInputs): Promise<object> {
    try {
        await clients.supervisor.start(inputs.name, spec(inputs), (line) => log.status(spoken(line)));
    } catch (cause) {
        if (cause instanceof Unreachable) throw cause;
        throw new Problem(`${title(inputs)}: ${said(cause)}`, cause instanceof Rejected ? {} : { cause });
    }
    return outputsOf(inputs);
}

export const processKind: Kind<ProcessInputs> = {
    shape,
    title,
    complete: (inputs) => ({ ...inputs, running: true }),

    async diff(context, old, inputs): Promise<Changes> {
        const changes = replacing(compare(old.inputs, inputs), "name");
        if (changes.length > 0) return { changes, deleteBeforeReplace: true };
        const look = async (): Promise<string | undefined> => {
            const status = (await context.clients.supervisor.list()).find(({ name }) => name === inputs.name);
            if (status?.state === "running" && !status.healthy)
                context.log.warn(`${title(inputs)} runs but fails its health check, see ${status.logFile}`);
            return ailment(status);
        };
        const ill = await ifReachable(context, notChecked, look, undefined);
        if (ill === undefined) return { changes };
        context.log.warn(`${title(inputs)} ${ill}; pulumi up starts it`);
        return { changes: [{ path: ["running"], kind: "add" }] };
    },
    async create(context, inputs) {
        return { id: inputs.name, outputs: await start(context, inputs) };
    },
    update: (context, _old, inputs) => start(context, inputs),
    async read({ clients }, id, old) {
        const live = await clients.supervisor.get(id);
        if (live === undefined) return undefined;
        const same = old !== undefined && live.specHash === specHash(spec(old.inputs));
        const declared: ProcessInputs = same ? omit(old.inputs, "running") : { name: id, ...live.spec };
        const inputs: ProcessInputs = ailment(live) === undefined ? { ...declared, running: true } : declared;
        return { id, inputs, outputs: outputsOf(inputs), secrets: foundOtherwise(old?.inputs.env ?? {}, inputs.env) };
    },
    async delete({ clients }, { inputs }) {
        try {
            await clients.supervisor.remove(inputs.name);
        } catch (cause) {
            // Without a supervisor there is nothing that would start it again; what still runs was left by its killing.
            if (!(cause instanceof Unreachable)) throw cause;
        }
    },
};
