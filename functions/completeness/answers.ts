// Whether what a command talks to is there at all, told before it begins.

/** Something that a command needs. */
export interface Service {
    readonly name: string;
    /** Where it is expected, without credentials. */
    readonly address: string;
    /** Rejects when it does not answer. */
    readonly ask: () => Promise<unknown>;
}

/**
 * Asks all of them at once.
 * @throws Error naming every one that does not answer, and where
 */
export async function requireAnswers(services: readonly Service[]): Promise<void> {
    const results = await Promise.allSettled(services.map(({ ask }) => ask()));
    const away = services.flatMap(({ name, address }, index) => {
        const result = results[index];
        if (result?.status !== "rejected") return [];
        const why = result.reason instanceof Error ? result.reason.message : String(result.reason);
        return [`${name} at ${address} does not answer (${why})`];
    });
    if (away.length > 0) throw new Error(`${away.join(", ")}; is the stack up? make start`);
}
