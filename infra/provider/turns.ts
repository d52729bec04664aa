// The engine works on many resources at once; what concerns one and the same thing of two resources goes one after the other.

const last = new Map<string, Promise<unknown>>();

/** Runs work when all earlier work of the same key has ended, however it ended. */
export function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
    const mine = (last.get(key) ?? Promise.resolve()).then(work, work);
    last.set(key, mine);
    return mine;
}
