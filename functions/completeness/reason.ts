// What a person is told when a command ends early.

/** The error in a sentence; where nobody listens, with what most likely is the matter. */
export function reasonOf(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    return text.includes("ECONNREFUSED") ? `${text}; is the stack up? make start` : text;
}
