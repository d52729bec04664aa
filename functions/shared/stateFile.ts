// A worker's small memory across restarts - cursors, ETags, what was spent today - where neither Kafka nor ClickHouse can hold it.
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { type z } from "zod";

/**
 * One JSON file, replaced as a whole: after a crash at any moment it holds the old state or the new one. One process writes it, and one
 * `save` follows the other.
 */
export class StateFile<T> {
    private writing: Promise<void> = Promise.resolve();

    constructor(
        readonly path: string,
        private readonly schema: z.ZodType<T>,
    ) {}

    /**
     * What was saved last; undefined when nothing ever was.
     * @throws Error naming the file when it is unreadable or holds something else: to begin anew is a decision for a person.
     */
    async load(): Promise<T | undefined> {
        let text: string;
        try {
            text = await readFile(this.path, "utf8");
        } catch (error) {
            if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
            throw new Error(`${this.path}: cannot be read, ${String(error)}`, { cause: error });
        }
        const result = this.schema.safeParse(parsed(text));
        if (result.success) return result.data;
        throw new Error(
            `${this.path}: not this worker's state, found ${text.slice(0, 80)}; move it away to begin anew`,
            { cause: result.error },
        );
    }

    /** Resolves when the state would survive a power loss. */
    save(state: T): Promise<void> {
        const saved = this.writing.then(() => this.write(JSON.stringify(state)));
        this.writing = saved.catch(() => undefined);
        return saved;
    }

    private async write(text: string): Promise<void> {
        await mkdir(dirname(this.path), { recursive: true });
        const next = `${this.path}.next`;
        const file = await open(next, "w");
        try {
            await file.writeFile(text);
            await file.sync();
        } finally {
            await file.close();
        }
        await rename(next, this.path);
    }
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return undefined;
    }
}
