// Kind: a detection rule. On the server it is a view, which asks its question; beside it stands all else that decides which alerts there are and who
// is told of them, so that a preview shows each change by name and what it would have meant over the last days.
import { z } from "zod";
import { databases } from "../../../schema/ddl";
import { deployedRule, type DeployedRule } from "../../../schema/rules/deployed";
import { compare, omit, without } from "../changes";
import { said, Unreachable } from "../clients";
import { type Context, type Kind } from "../kind";
import { Problem } from "../problem";
import { ifReachable, promptly } from "../reachable";
import { nameShape } from "./shapes";
import { squeezed } from "./text";
import { view, type ViewInputs } from "./view";

/** A rule's inputs. */
export interface RuleInputs extends ViewInputs, DeployedRule {}

const title = ({ name }: RuleInputs): string => `rule ${name}`;

/** What changes nothing about which alerts there are, and how many are sent on. */
const silent = ["comment", "owner", "entity", "reason", "historyDays", "latenessMinutes"];

const notBacktested = "changed rules are not backtested";
const fromEarlier =
    "rules are not backtested this time: the stack was made by an earlier version of this project and does not hold all that they were judged by; it does after the next up";

/** Whether it is to find other things than before under the version it had. */
const sameVersion = (before: DeployedRule, after: DeployedRule): boolean =>
    before.version === after.version &&
    (squeezed(before.query) !== squeezed(after.query) ||
        compare({ parameters: before.parameters }, { parameters: after.parameters }).length > 0);

/** Whether what the rule reads is there: facts that come with this very preview have no past. */
async function hasPast({ clients }: Context, { triggers }: RuleInputs): Promise<boolean> {
    const [row] = await promptly(
        clients.clickhouse.rows<{ there: string }>(
            "SELECT toString(count()) AS there FROM system.tables WHERE database = {database:String} AND name IN {names:Array(String)}",
            { database: databases.trading, names: triggers },
        ),
    );
    return Number(row?.there ?? 0) === triggers.length;
}

async function backtest(context: Context, before: DeployedRule | undefined, inputs: RuleInputs): Promise<void> {
    const { clients, log } = context;
    try {
        if (await hasPast(context, inputs))
            log.info(await clients.backtests.compare(before, deployedRule.parse(inputs)));
    } catch (cause) {
        if (cause instanceof Unreachable) throw cause;
        log.info(`${title(inputs)}: not backtested: ${said(cause)}`);
    }
}

export const rule: Kind<RuleInputs> = {
    ...omit(view, "complete"),
    shape: z.strictObject({
        ...deployedRule.shape,
        database: nameShape,
        name: nameShape,
        comment: z.string().exactOptional(),
    }),
    title,

    /** Refuses nothing: what goes wrong here is said, and the preview goes on. */
    async rehearse(context, inputs, old) {
        if (old === undefined) return backtest(context, undefined, inputs);
        if (without(compare(old.inputs, inputs), ...silent).length === 0) return;
        const before = deployedRule.safeParse(old.inputs);
        if (!before.success) {
            context.log.once(fromEarlier);
            return;
        }
        if (sameVersion(before.data, inputs))
            context.log.warn(
                `${title(inputs)}: its question or parameters change and its version stays ${String(inputs.version)}: the same ids would stand for alerts of both; ` +
                    `raise version in its file in schema/rules/`,
            );
        await ifReachable(context, notBacktested, () => backtest(context, before.data, inputs), undefined);
    },
    async read(context, id, old) {
        if (old === undefined)
            throw new Problem(`rule ${id}: is not to be imported; pulumi up takes over a view that is there`);
        const found = await view.read(context, id, old);
        return found && { ...found, inputs: { ...omit(old.inputs, "comment"), ...found.inputs } };
    },
};
