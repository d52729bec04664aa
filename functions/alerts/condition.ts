// How the targets are, for the health page.
import { type Lane } from "./core/lane";

/** How long a message that was given up keeps the health page red: until people have had time to read it. */
const deadMs = 3_600_000;

/** Where messages were given up lately. */
export class DeadLetters {
    private readonly last = new Map<string, number>();

    note(target: string): void {
        this.last.set(target, Date.now());
    }

    readonly problem = (): string | undefined => {
        const recent = [...this.last].filter(([, at]) => Date.now() - at < deadMs).map(([target]) => target);
        return recent.length === 0
            ? undefined
            : `messages to ${recent.join(", ")} were given up: trading.deliveries says why, npm run alerts -- replay sends them again`;
    };
}

/** Which targets are in trouble now. */
export function troubled(lanes: Iterable<Lane>): string | undefined {
    const bad = [...lanes].flatMap(({ destination: { name }, state: { failures, disabled } }) => {
        if (disabled !== undefined) return [`${name} is gone (${disabled})`];
        return failures >= 3 ? [`${name} has failed ${String(failures)} times in a row`] : [];
    });
    return bad.length === 0 ? undefined : bad.join("; ");
}
