// Rules that somebody has switched off for a while: they rest where they are, which is written down as a time in which they did not see, and go on from there.
import { ruleSwitches } from "../../schema/detection";
import { qualified } from "../../schema/ddl";
import { type Database } from "../shared/clickhouse";
import { type EvaluatedRule } from "./rules/rule";
import { type Standings } from "./standings";
import { type BlindSpan } from "./store";

/** How long a switch may go unnoticed, milliseconds. */
const lookEveryMs = 2_000;

interface Switch {
    rule: string;
    until: number;
    at: number;
    author: string;
    reason: string;
}

/** The spans of switches name no input: it is the rule that rested. */
const noInput = "";

/** Who may be evaluated now. */
export class Switches {
    private readonly open: Map<string, BlindSpan>;
    private off = new Map<string, Switch>();
    private lookedAt = -Infinity;

    /** `open`: spans of any kind that had no end when they were written last. */
    constructor(
        private readonly database: Pick<Database, "rows">,
        open: readonly BlindSpan[],
    ) {
        this.open = new Map(open.filter(({ fact }) => fact === noInput).map((span) => [span.rule, span]));
    }

    /** Reads the switches, not more often than they need to be. `now`: ms. Throws the server's error. */
    async look(now: number): Promise<void> {
        if (now - this.lookedAt >= lookEveryMs) {
            const rows = await this.database.rows<Switch>(
                `SELECT rule, toUnixTimestamp64Milli(disabled_until) AS until, toUnixTimestamp64Milli(at) AS at, author, reason
                 FROM ${qualified(ruleSwitches.database, ruleSwitches.name)} FINAL`,
            );
            this.off = new Map(rows.map((row) => [row.rule, row]));
            this.lookedAt = now;
        }
        for (const [rule, { until }] of this.off) if (until <= now) this.off.delete(rule);
    }

    /** Whether a rule rests, as of the last look. */
    rests({ rule }: Pick<EvaluatedRule, "rule">): boolean {
        return this.off.has(rule.id);
    }

    /** Spans that began or ended, to be written. They last as long as the rule rests: what it missed it judges afterwards. */
    note(rules: readonly EvaluatedRule[], standings: Standings, now: number): BlindSpan[] {
        return rules.flatMap((evaluated) => {
            const { id } = evaluated.rule;
            const [was, is] = [this.open.get(id), this.off.get(id)];
            if ((was === undefined) === (is === undefined)) return [];
            const span = was === undefined ? this.begun(evaluated, standings) : { ...was, to: now * 1_000 };
            if (span === undefined) return [];
            if (span.to === undefined) this.open.set(id, span);
            else this.open.delete(id);
            return [span];
        });
    }

    private begun(evaluated: EvaluatedRule, standings: Standings): BlindSpan | undefined {
        const { id } = evaluated.rule;
        const [standing, off] = [standings.of(evaluated).find(({ run }) => run === ""), this.off.get(id)];
        if (standing === undefined || off === undefined) return undefined;
        const reason = `switched off by ${off.author} until ${new Date(off.until).toISOString()}: ${off.reason}`;
        return { rule: id, run: "", fact: noInput, from: standing.progress.earlyTo, to: undefined, reason };
    }
}
