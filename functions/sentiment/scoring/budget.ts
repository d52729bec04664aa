// What may be spent on a model in a day. The state is written before the money is spent, so that a crash can only count too much.
import { z } from "zod";
import { type StateFile } from "../../shared/stateFile";
import { NotNow } from "./scorer";

/** Spending as it is saved. */
export const spending = z.strictObject({ day: z.iso.date(), tokens: z.number().int().min(0) });

const dayMs = 24 * 3_600_000;

/** Tokens of a UTC day. */
export class DailyBudget {
    private spent: z.output<typeof spending> | undefined;

    constructor(
        private readonly file: StateFile<z.output<typeof spending>>,
        private readonly limit: number,
        private readonly now: () => number = Date.now,
    ) {}

    /** Tokens spent or reserved today. */
    get today(): number {
        return this.spent?.day === this.day ? this.spent.tokens : 0;
    }

    /**
     * Puts tokens aside for a call.
     * @throws NotNow until the next UTC day, when they are not there.
     */
    async reserve(tokens: number): Promise<void> {
        this.spent ??= (await this.file.load()) ?? { day: this.day, tokens: 0 };
        if (this.today + tokens > this.limit) {
            const words = `the day's budget of ${this.limit} tokens is spent (${this.today}, and ${tokens} are needed)`;
            throw new NotNow(`${words}; it goes on tomorrow (UTC)`, dayMs - (this.now() % dayMs));
        }
        await this.set(this.today + tokens);
    }

    /** Corrects a reservation to what the call did cost. */
    async settle(reserved: number, actual: number): Promise<void> {
        await this.set(Math.max(0, this.today - reserved + actual));
    }

    private get day(): string {
        return new Date(this.now()).toISOString().slice(0, 10);
    }

    private async set(tokens: number): Promise<void> {
        this.spent = { day: this.day, tokens };
        await this.file.save(this.spent);
    }
}
