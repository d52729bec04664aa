/** Beside `pulumi up`: what the local backend's files say of a stack (locks, interrupted operations, outputs), read without starting a CLI. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";
import { z } from "zod";

const lockSchema = z.object({ pid: z.number(), username: z.string(), hostname: z.string(), timestamp: z.string() });
/** Who works on a stack. */
export type StackLock = z.infer<typeof lockSchema>;

const deploymentSchema = z.object({
    resources: z
        .array(
            z.object({
                urn: z.string(),
                type: z.string(),
                inputs: z.looseObject({ onDelete: z.string().optional().catch(undefined) }).optional(),
                outputs: z.record(z.string(), z.unknown()).optional(),
            }),
        )
        .optional(),
    pending_operations: z.array(z.object({ type: z.string(), resource: z.object({ urn: z.string() }) })).optional(),
});
const stackFileSchema = z.object({ checkpoint: z.object({ latest: deploymentSchema.nullish() }) });
type Deployment = z.infer<typeof deploymentSchema>;

/** The files of a `file://` backend; with any other backend there is nothing to read and every answer is empty. */
export class LocalBackend {
    private readonly folder: string | undefined;

    /** @param url as in PULUMI_BACKEND_URL */
    constructor(
        url: string,
        private readonly project: string,
    ) {
        this.folder = url.startsWith("file:///") ? path.join(url.slice("file://".length), ".pulumi") : undefined;
    }

    /** Whether there are files to read at all. */
    get isLocal(): boolean {
        return this.folder !== undefined;
    }

    /** Whether the stack was ever created. */
    hasStack(stack: string): boolean {
        return this.stackFile(stack) !== undefined;
    }

    /** Locks on the stack, of living and of dead holders. A lock that is half written counts as one of nobody. */
    locks(stack: string): StackLock[] {
        if (this.folder === undefined) return [];
        const folder = path.join(this.folder, "locks", "organization", this.project, stack);
        if (!existsSync(folder)) return [];
        const files = readdirSync(folder).filter((file) => file.endsWith(".json"));
        return files.map((file) => {
            const parsed = lockSchema.safeParse(json(path.join(folder, file)));
            return parsed.success ? parsed.data : { pid: 0, username: "", hostname: hostname(), timestamp: "" };
        });
    }

    /** URNs of resources that an earlier run was working on when it was cut short. */
    interrupted(stack: string): string[] {
        return (this.deployment(stack)?.pending_operations ?? []).map((operation) => operation.resource.urn);
    }

    /** The types of the stack's resources. */
    resourceTypes(stack: string): string[] {
        return (this.deployment(stack)?.resources ?? []).map((resource) => resource.type);
    }

    /** What the stack's resources do with what they hold when they are deleted, as of the last `up`: refuse, keep or drop. */
    onDelete(stack: string): string[] {
        const found = (this.deployment(stack)?.resources ?? []).flatMap((resource) => resource.inputs?.onDelete ?? []);
        return [...new Set(found)];
    }

    /** The stack's outputs, secret ones as encrypted objects. */
    outputs(stack: string): Record<string, unknown> {
        const root = this.deployment(stack)?.resources?.find((resource) => resource.type === "pulumi:pulumi:Stack");
        return root?.outputs ?? {};
    }

    /** All stacks of the project. */
    stacks(): string[] {
        const folder = this.folder === undefined ? "" : path.join(this.folder, "stacks", this.project);
        if (!existsSync(folder)) return [];
        return readdirSync(folder).flatMap((file) => (file.endsWith(".json") ? [file.slice(0, -".json".length)] : []));
    }

    private stackFile(stack: string): string | undefined {
        if (this.folder === undefined) return undefined;
        const file = path.join(this.folder, "stacks", this.project, `${stack}.json`);
        return existsSync(file) ? file : undefined;
    }

    private deployment(stack: string): Deployment | undefined {
        const file = this.stackFile(stack);
        if (file === undefined) return undefined;
        const parsed = stackFileSchema.safeParse(json(file));
        return parsed.success ? (parsed.data.checkpoint.latest ?? undefined) : undefined;
    }
}

function json(file: string): unknown {
    try {
        return JSON.parse(readFileSync(file, "utf8"));
    } catch {
        return undefined;
    }
}
