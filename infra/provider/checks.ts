// Pure: inputs that do not fit their kind, as the lines a preview shows.
import { type ZodType } from "zod";
import { pathText } from "./changes";
import { isMap, isUnknown, type Plain, type Properties } from "./wire";

/** What is wrong with the inputs, one line each; places whose value is not known yet are passed over. */
export function problemsOf(shape: ZodType, inputs: Properties): string[] {
    const issues = shape.safeParse(inputs).error?.issues ?? [];
    return issues
        .filter(({ path }) => !leadsToUnknown(inputs, path.map(String)))
        .flatMap((issue) => {
            const at = issue.path.map(String);
            if (issue.code !== "unrecognized_keys") return [`${pathText(at) || "inputs"}: ${issue.message}`];
            return issue.keys.map(
                (key) => `${pathText([...at, key])}: is no property here; remove it, or check its spelling`,
            );
        });
}

function leadsToUnknown(value: Plain | undefined, path: readonly string[]): boolean {
    if (isUnknown(value)) return true;
    const [key, ...rest] = path;
    if (key === undefined || value === undefined) return false;
    if (Array.isArray(value)) return leadsToUnknown(value[Number(key)], rest);
    return isMap(value) && leadsToUnknown(value[key], rest);
}
