// What the log and the health page say of rules: alerts they raised, and that they fail, once.
import { type Logger } from "../shared/log";
import { type Logged } from "./store";

/** Follows the evaluations of a lane. */
export class Troubles {
    private failing: string[] = [];

    constructor(private readonly log: Logger) {}

    /** For the health page: rules whose last evaluation failed. */
    readonly problem = (): string | undefined =>
        this.failing.length === 0 ? undefined : `${this.failing.join(", ")}: trading.evaluations says why`;

    /** Takes account of what a round did. */
    note(logged: readonly Logged[]): void {
        for (const { rule, run, error, newAlerts, range } of logged) {
            const was = this.failing.includes(rule);
            if (error !== "" && !was) {
                this.failing.push(rule);
                this.log.error({ rule, run, range, error }, "a rule failed; it is tried again");
            } else if (error === "" && was) this.failing = this.failing.filter((each) => each !== rule);
            if (newAlerts > 0) this.log.info({ rule, run, alerts: newAlerts }, "alerts raised");
        }
    }
}
