// What becomes of a thing that holds something when its resource is deleted: the same rule for rows, messages and tables.
import { type Log, type OnDelete } from "./kind";
import { counted, Problem } from "./problem";

/** A thing about to be deleted. */
export interface Holding {
    /** `topic trading.fills.v1`, `table facts.fills` */
    what: string;
    count: number;
    /** row, message, table */
    noun: string;
}

/** Whether to drop it. Empty things always go; others as declared, and `refuse` throws. */
export function mayDrop({ what, count, noun }: Holding, onDelete: OnDelete = "refuse", log: Log): boolean {
    if (count === 0 || onDelete === "drop") return true;
    const held = counted(count, noun);
    if (onDelete === "refuse")
        throw new Problem(
            `${what}: deleting it is refused, it holds ${held}; to lose them set onDelete: "drop" and run pulumi up, to leave it in place set onDelete: "keep", then delete it again`,
        );
    log.info(`${what} is left in place with ${held} (onDelete: "keep"); a later create adopts it`);
    return false;
}

/** Why another name or place is refused: it would delete the old thing. */
export const moveRefused = (
    { what, count, noun }: Omit<Holding, "count"> & { count: number | undefined },
    property: string,
): Problem =>
    new Problem(
        `${what}: changing its ${property} would delete it with ${count === undefined ? `its ${noun}s, which could not be counted` : counted(count, noun)}; declare the new one beside it, or first set onDelete: "keep" or "drop" and run pulumi up`,
    );
