// Whether ClickHouse answers, for /healthz: a console without it shows nothing.
import { type Database } from "../shared/clickhouse";

const everyMs = 10_000;

/** Asks every ten seconds. */
export class Reach {
    private said: string | undefined;
    private timer: NodeJS.Timeout | undefined;

    constructor(private readonly database: Database) {}

    /** What is wrong, for people; undefined while it answers. */
    readonly problem = (): string | undefined => this.said;

    /** Resolves with the first answer, or its absence. */
    async start(): Promise<void> {
        await this.look();
        this.timer = setInterval(() => void this.look(), everyMs);
    }

    stop(): void {
        clearInterval(this.timer);
    }

    private async look(): Promise<void> {
        try {
            await this.database.rows("SELECT 1");
            this.said = undefined;
        } catch (error) {
            const why = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
            this.said = `ClickHouse does not answer (${why ?? ""}); no page can be shown`;
        }
    }
}
