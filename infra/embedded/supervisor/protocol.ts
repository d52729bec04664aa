/** Between the provider and the supervisor: what a process is asked to be (spec) and what it is (status). Pure. */
import { createHash } from "node:crypto";
import { z } from "zod";

/** Raised when a client of an older checkout could misread a supervisor's answers. */
export const PROTOCOL_VERSION = 1;

/** Names become file names (`logs/<name>.log`) and URL segments. */
export const PROCESS_NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** Exit code of a supervisor that found another one in charge; whoever started it uses that one. */
export const EXIT_ALREADY_RUNNING = 3;

/** Seconds `waitHealthy` grants a start when the spec says nothing. */
export const DEFAULT_HEALTH_TIMEOUT_SECONDS = 60;

/** Healthy is: a GET of `url` (http) answers 2xx, or `tcp` ("host:port") accepts a connection. */
export type HealthCheck = { url: string } | { tcp: string };

/** What a process is asked to be. */
export interface ProcessSpec {
    /** argv, never passed through a shell; the first element is looked up on the supervisor's PATH. */
    command: string[];
    /** The whole environment, apart from PATH, HOME, LANG and TZ=UTC. Values may be secret: they are never logged. */
    env: Record<string, string>;
    /** Absolute; by default the project folder. */
    cwd?: string;
    health: HealthCheck;
    /** Seconds from start to healthy that callers wait; default 60. */
    healthTimeoutSeconds?: number;
    /** Any string, such as a hash of sources; a change restarts the process. */
    fingerprint?: string;
}

/** starting: alive, not yet healthy; running: was healthy since its start; backoff: dead, to be restarted; stopped: dead for good. */
export type ProcessState = "starting" | "running" | "backoff" | "stopped";

/** How the last run ended. `error` explains ends without code and signal (cannot be spawned; ended while no supervisor looked). */
export interface LastExit {
    code: number | null;
    signal: string | null;
    /** ISO time in UTC. */
    at: string;
    error?: string;
}

/** What a process is. */
export interface ProcessStatus {
    name: string;
    pid: number | null;
    state: ProcessState;
    /** ISO time in UTC at which it entered `state`. */
    since: string;
    /** Restarts after a crash since it was last put or the supervisor started; a changed spec does not count. */
    restarts: number;
    lastExit: LastExit | null;
    /** The last probe's outcome; it takes two failures in a row to turn false. */
    healthy: boolean;
    command: string[];
    logFile: string;
    specHash: string;
    fingerprint: string | null;
    /** Taken over alive from an earlier supervisor. */
    adopted: boolean;
}

/** A status with its spec; the spec holds the environment's values, so treat it as secret. */
export interface ProcessDetails extends ProcessStatus {
    spec: ProcessSpec;
}

/** The supervisor about itself. */
export interface SupervisorInfo {
    protocol: number;
    pid: number;
    startedAt: string;
    dir: string;
    processes: number;
}

const tcpAddress = z.string().regex(/^[^\s:]+:\d{1,5}$/, 'must be "host:port"');
const httpUrl = z.string().regex(/^http:\/\/\S+$/, "must start with http://");
const absolutePath = z.string().startsWith("/", "must be an absolute path");

/** The one schema of a spec: requests and `processes.json` are both read through it. */
export const processSpecSchema = z
    .strictObject({
        command: z.array(z.string()).min(1),
        env: z.record(z.string().regex(/^[^=\0]+$/, "must be a name without = in it"), z.string()),
        cwd: absolutePath.optional(),
        health: z.union([z.strictObject({ url: httpUrl }), z.strictObject({ tcp: tcpAddress })]),
        healthTimeoutSeconds: z.number().positive().max(3600).optional(),
        fingerprint: z.string().optional(),
    })
    // Parsed JSON has no undefined members, so dropping them makes the optional properties exact.
    .transform((spec): ProcessSpec => JSON.parse(JSON.stringify(spec)) as ProcessSpec);

/**
 * Checks a spec that came from outside.
 * @throws Error naming every property that is wrong; it never quotes the environment's values.
 */
export function parseSpec(value: unknown): ProcessSpec {
    const parsed = processSpecSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "spec"}: ${issue.message}`);
    throw new Error(`process spec: ${problems.join("; ")}`);
}

/** Equal for specs that ask for the same process, whatever the order of their keys. */
export function specHash(spec: ProcessSpec): string {
    return createHash("sha256")
        .update(JSON.stringify(sorted(spec)))
        .digest("hex")
        .slice(0, 32);
}

function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    return Object.fromEntries(
        entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]),
    );
}
