// Rules of a stack, first as the plain views they once were; what a step has otherwise is said in words of the environment.
import { Provider, Rule, View } from "../../../infra/resources";
import { deployed, type DeployedRule } from "../../../schema/rules";
import { drained } from "../../support/detection";

/** Environment variables by which the test tells the program where ClickHouse is, and which step it is. */
export const variables = { clickhouse: "STORY_CLICKHOUSE_URL", words: "STORY_WORDS" } as const;

export type Word = "views" | "changed" | "names";

/** A small rule that does not look at the house's own accounts, and tells of an entity once an hour. */
export function held(id: string, own: Partial<DeployedRule> = {}): DeployedRule {
    const terms = { terms: "exempt", expires: "2999-12-31", approver: "cro", reason: "treasury" } as const;
    return { ...deployed(drained(id, [{ accountClass: "house", ...terms }])), suppressionMinutes: 60, ...own };
}

const lowered = { version: 2, parameters: { floor: "60", window_minutes: "5" } };

/** The program of a step. */
export function rules(): void {
    const env = (name: keyof typeof variables): string => process.env[variables[name]] ?? "";
    const is = (word: Word): boolean => env("words").split(" ").includes(word);
    const provider = new Provider("trading", { clickhouseUrl: env("clickhouse"), previewEntities: is("names") });
    const declared = [
        held("unchanged"),
        held("lowered", is("changed") ? lowered : {}),
        held("muted", is("changed") ? { mode: "shadow" } : {}),
        held("reworded", is("changed") ? { reason: "Withdrawn" } : {}),
        ...(is("changed") ? [held("added")] : []),
    ];
    for (const rule of declared) {
        const { name, query } = rule;
        const args = { database: "rules", comment: "For tests" };
        if (is("views")) new View(name, { ...args, name, query }, { provider });
        else new Rule(name, { ...args, ...rule }, { provider });
    }
}
