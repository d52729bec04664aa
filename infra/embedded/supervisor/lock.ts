/** Makes sure that one supervisor at most owns a stack's folder. */
import { DatabaseSync } from "node:sqlite";

/** Holds the lock until released or until the process ends, however it ends. */
export interface Lock {
    release(): void;
}

/** Keeps what is held reachable: a connection that the garbage collector closes is a lock lost. */
const held = new Set<DatabaseSync>();

/**
 * Takes an operating-system lock on `file`. A file that holds a pid would have to be judged stale after kill -9, which two
 * starters can get wrong at once; SQLite's exclusive transaction is a lock that the kernel itself drops with its holder,
 * and Node has no other way to one. Nothing else may open the file: a close of it in this process would drop the lock.
 * @returns undefined when another process holds it.
 */
export function tryLock(file: string): Lock | undefined {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
        database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
        database.close();
        if (error instanceof Error && /locked|busy/i.test(error.message)) return undefined;
        throw error;
    }
    held.add(database);
    return {
        release: () => {
            held.delete(database);
            database.close();
        },
    };
}
