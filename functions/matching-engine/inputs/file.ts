// A file that grows, followed like `tail -F`: through rotation and truncation, and across restarts from where all was acknowledged.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { pause } from "../../shared/backoff";
import { StateFile } from "../../shared/stateFile";
import { LineCutter } from "../../shared/lines";
import { type Logger } from "../../shared/log";
import { type Handle, type Input, type Lost } from "./input";
import { Presence } from "./presence";
import { identify, type Listed, rotatedFiles, sameFile } from "./rotation";
import { lineRecord } from "./stdin";

const chunkBytes = 256 * 1024;
const pollMs = 200;
/** A file that was moved away may still be written to by who has it open; this long without growth, it is at its end. */
const settleMs = 1_000;
/** Times a file is looked for at the start: one that is just being renamed can be missed once. */
const looks = 3;
/** Beginning of a file by which it is known again: inodes are used anew. */
const headBytes = 1024;

const cursorShape = z.object({
    dev: z.string(),
    ino: z.string(),
    offset: z.number().int().nonnegative(),
    /** SHA-256 of the file's first `headBytes`, or as many as came before `offset`. */
    head: z.string(),
    headBytes: z.number().int().nonnegative(),
    /** Last change of the file then: what was written later comes after it, if it is gone itself. */
    mtimeMs: z.number(),
});
type Cursor = z.output<typeof cursorShape>;

const fingerprint = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
}

/** A file by what does not change when it is renamed. */
interface Opened {
    readonly path: string;
    readonly file: FileHandle;
    readonly dev: string;
    readonly ino: string;
    readonly generation: number;
    offset: number;
    mtimeMs: number;
    head: Buffer;
    cutter: LineCutter;
}

/** Where to read on, in the words of `Origin.resume`. */
const placeOf = ({ generation }: Opened, offset: number): string => `${String(generation)}:${String(offset)}`;

/** Input on a followed file. */
export class FileInput implements Input {
    readonly rereadable = true;
    private readonly path: string;
    private readonly state: StateFile<Cursor>;
    private readonly presence: Presence;
    private readonly stopping = new AbortController();
    private running: Promise<unknown> | undefined;
    private generation = 0;
    /** Files that a place to read on from may still point into. */
    private readonly generations = new Map<number, Opened>();
    private current: Opened | undefined;
    /** The file read to its end before, or lost. */
    private left: Pick<Listed, "dev" | "ino" | "mtimeMs"> | undefined;
    private grewAt = 0;

    /** @param cursorFile where the place to read on from is kept */
    constructor(path: string, cursorFile: string, log: Logger) {
        this.path = resolve(path);
        this.presence = new Presence(this.path, log);
        this.state = new StateFile(cursorFile, cursorShape);
    }

    run(handle: Handle, lost: Lost, well: () => void): Promise<void> {
        const running = this.follow(handle, lost, well);
        this.running = running;
        return running;
    }

    async stop(): Promise<undefined> {
        this.stopping.abort();
        await this.running?.catch(() => undefined);
    }

    waiting(): string | undefined {
        return this.presence.problem();
    }

    private async follow(handle: Handle, lost: Lost, well: () => void): Promise<void> {
        try {
            await this.begin(lost);
            while (!this.stopping.signal.aborted) {
                this.current ??= await this.openNext();
                if (this.current === undefined) this.presence.see(false);
                const progressed = this.current !== undefined && (await this.advance(this.current, handle, lost));
                well();
                if (!progressed) await pause(pollMs, this.stopping.signal);
            }
        } finally {
            for (const { file } of this.generations.values()) await file.close();
        }
    }

    /** Opens the file the cursor is in. */
    private async begin(lost: Lost): Promise<void> {
        const cursor = await this.state.load();
        if (cursor === undefined) return;
        for (let look = 0; look < looks; look += 1)
            for (const listed of await rotatedFiles(this.path)) {
                this.current = await this.openAt(listed, cursor);
                if (this.current !== undefined) return;
            }
        // Its inode may be another file's by now.
        this.left = { dev: "", ino: "", mtimeMs: cursor.mtimeMs };
        await lost(
            `${this.path}: the file that was being read is gone, with what came after byte ${String(cursor.offset)}; reading goes on with what was written after it`,
            String(cursor.offset),
        );
    }

    /** The file at a path, if it is the one the cursor is in. */
    private async openAt({ path }: Listed, cursor: Cursor): Promise<Opened | undefined> {
        const opened = await this.open(path, cursor.offset);
        if (opened === undefined) return undefined;
        const head = opened.head.subarray(0, cursor.headBytes);
        if (sameFile(opened, cursor) && fingerprint(head) === cursor.head) return opened;
        await this.forget(opened);
        return undefined;
    }

    /** Opens the file after the one that was read to its end, or the present one; undefined where there is none, or it moves right now. */
    private async openNext(): Promise<Opened | undefined> {
        const next = this.left === undefined ? await identify(this.path) : await this.after(this.left);
        if (next === undefined) return undefined;
        const opened = await this.open(next.path, 0);
        if (opened !== undefined && !sameFile(opened, next)) {
            await this.forget(opened);
            return undefined;
        }
        // The first file of all is kept as the place at once, or a crash before the first acknowledgement would lose it to a rotation.
        if (opened !== undefined && this.left === undefined) await this.commit(placeOf(opened, 0));
        return opened;
    }

    private async after(left: Pick<Listed, "dev" | "ino" | "mtimeMs">): Promise<Listed | undefined> {
        const files = await rotatedFiles(this.path);
        const index = files.findIndex((file) => sameFile(file, left));
        if (index !== -1) return files[index + 1];
        // Deleted meanwhile: what was written after it is what comes after it.
        return files.find(({ mtimeMs }) => mtimeMs >= left.mtimeMs) ?? files.at(-1);
    }

    private async open(path: string, offset: number): Promise<Opened | undefined> {
        let file: FileHandle;
        try {
            file = await open(path, "r");
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
            throw new Error(`${path}: cannot be read, ${(error as Error).message}`, { cause: error });
        }
        const { dev, ino, mtimeMs } = await file.stat();
        this.generation += 1;
        const opened: Opened = {
            ...{ path, file, dev: String(dev), ino: String(ino), generation: this.generation, offset },
            mtimeMs,
            head: await readAt(file, 0, headBytes),
            cutter: new LineCutter(offset),
        };
        this.generations.set(opened.generation, opened);
        this.presence.see(true);
        this.grewAt = performance.now();
        return opened;
    }

    /** Reads what has come; false when there was nothing. */
    private async advance(opened: Opened, handle: Handle, lost: Lost): Promise<boolean> {
        const { file } = opened;
        if (await this.replaced(opened)) {
            await lost(
                `${opened.path}: truncated; what was written after byte ${String(opened.offset)} before that is lost, if there was any`,
            );
            await this.close(opened);
            return true;
        }
        const chunk = await readAt(file, opened.offset, chunkBytes);
        if (chunk.length > 0) {
            opened.offset += chunk.length;
            opened.mtimeMs = (await file.stat()).mtimeMs;
            if (opened.head.length < headBytes) opened.head = await readAt(file, 0, headBytes);
            this.grewAt = performance.now();
            await this.pass(opened, opened.cutter.push(chunk), handle);
            return true;
        }
        if (!(await this.movedAway(opened))) return false;
        const last = opened.cutter.rest();
        if (last !== undefined) await this.pass(opened, [last], handle);
        this.left = { dev: opened.dev, ino: opened.ino, mtimeMs: opened.mtimeMs };
        await this.close(opened);
        return true;
    }

    /** Whether the file was emptied, or emptied and written anew, under the same name. */
    private async replaced({ file, offset, head }: Opened): Promise<boolean> {
        const { size } = await file.stat();
        if (size < offset) return true;
        if (size === offset) return false;
        return !(await readAt(file, 0, Math.min(head.length, offset))).equals(head.subarray(0, offset));
    }

    /** Whether the name stands for another file now, and this one has come to rest. */
    private async movedAway(opened: Opened): Promise<boolean> {
        const named = await identify(this.path);
        this.presence.see(named !== undefined);
        if (named !== undefined && sameFile(named, opened)) return false;
        // Nothing stands under the name between a rotation and the first line after it; files rotated meanwhile are read all the same.
        if (named === undefined && !(await this.isFollowed(opened))) return false;
        return opened.path !== this.path || performance.now() - this.grewAt > settleMs;
    }

    /** Whether a file beside it was written after it. */
    private async isFollowed(opened: Opened): Promise<boolean> {
        const files = await rotatedFiles(this.path);
        const index = files.findIndex((file) => sameFile(file, opened));
        return index !== -1 && index < files.length - 1;
    }

    private async close(opened: Opened): Promise<void> {
        this.current = undefined;
        await opened.file.close();
    }

    private async forget(opened: Opened): Promise<void> {
        this.generations.delete(opened.generation);
        await opened.file.close();
    }

    private async pass(opened: Opened, lines: ReturnType<LineCutter["push"]>, handle: Handle): Promise<void> {
        if (lines.length === 0) return;
        const records = lines.map((line) => lineRecord(line, opened.path, placeOf(opened, line.start), this.path));
        const end = placeOf(opened, lines.at(-1)?.end ?? opened.offset);
        await this.commit(await handle({ partition: this.path, records, end }));
    }

    /** Keeps the place: never one ahead of what was acknowledged, since `handle` gave it. */
    private async commit(place: string): Promise<void> {
        const [generation = 0, offset = 0] = place.split(":").map(Number);
        const opened = this.generations.get(generation);
        if (opened === undefined) return;
        const { dev, ino, head, mtimeMs } = opened;
        const known = head.subarray(0, offset);
        await this.state.save({ dev, ino, offset, head: fingerprint(known), headBytes: known.length, mtimeMs });
        for (const older of this.generations.keys()) if (older < generation) this.generations.delete(older);
    }
}
