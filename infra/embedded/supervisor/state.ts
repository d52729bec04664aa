/** The supervisor's files: what shall run (`processes.json`, must survive a power loss) and what runs (`pids.json`). */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { PROCESS_NAME, processSpecSchema } from "./protocol";

const desiredSchema = z.array(z.strictObject({ name: z.string().regex(PROCESS_NAME), spec: processSpecSchema }));
/** In the order in which the processes were first put, which is the order of their start. */
export type Desired = z.infer<typeof desiredSchema>;

const runningSchema = z.array(
    z.strictObject({
        name: z.string().regex(PROCESS_NAME),
        pid: z.number(),
        identity: z.string(),
        specHash: z.string(),
    }),
);
/** One entry for each process alive when it was last written. */
export type Running = z.infer<typeof runningSchema>;

/** @throws Error when the file is there but cannot be understood. */
export function readDesired(file: string): Desired {
    return readState(file, desiredSchema);
}

/** @throws Error when the file is there but cannot be understood. */
export function readRunning(file: string): Running {
    return readState(file, runningSchema);
}

/** Synced: what `pulumi up` reported as done must be there after a power loss. */
export function writeDesired(file: string, desired: Desired): void {
    writeState(file, desired, true);
}

/** Not synced: pids mean nothing after a restart of the machine. */
export function writeRunning(file: string, running: Running): void {
    writeState(file, running, false);
}

function readState<T>(file: string, schema: z.ZodType<T[]>): T[] {
    let text: string;
    try {
        text = readFileSync(file, "utf8");
    } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
        throw error;
    }
    try {
        return schema.parse(JSON.parse(text));
    } catch (error) {
        const reason = error instanceof z.ZodError ? z.prettifyError(error) : "not JSON";
        throw new Error(
            `supervisor: ${file} is not what a supervisor writes, found ${reason}; move it away and run \`pulumi refresh\` and \`pulumi up\``,
            { cause: error },
        );
    }
}

/** Readers see the old file or the new one, never half of it. */
function writeState(file: string, value: unknown, synced: boolean): void {
    const temporary = `${file}.new`;
    const descriptor = openSync(temporary, "w", 0o600);
    try {
        writeFileSync(descriptor, `${JSON.stringify(value, null, 2)}\n`);
        if (synced) fsyncSync(descriptor);
    } finally {
        closeSync(descriptor);
    }
    renameSync(temporary, file);
    if (synced) syncFolder(path.dirname(file));
}

function syncFolder(folder: string): void {
    const descriptor = openSync(folder, "r");
    try {
        fsyncSync(descriptor);
    } finally {
        closeSync(descriptor);
    }
}
