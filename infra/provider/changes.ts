// Pure: what differs between two property maps, as the named properties that `pulumi preview --diff` shows.
import { isMap, type Path } from "./wire";

/** One property that differs. */
export interface Change {
    path: Path;
    kind: "add" | "update" | "delete";
    /** It takes a new thing in the place of the old one. */
    replace?: boolean;
}

/** All that differs between what is and what is wanted. */
export interface Changes {
    changes: Change[];
    /** The old thing has to go before the new one can be: both have the same name. */
    deleteBeforeReplace?: boolean;
}

/** Compares deeply; arrays count as one value. Properties that are undefined count as absent. */
export function compare(before: unknown, after: unknown, path: Path = []): Change[] {
    if (before === undefined && after === undefined) return [];
    if (before === undefined) return [{ path, kind: "add" }];
    if (after === undefined) return [{ path, kind: "delete" }];
    if (!isMap(before) || !isMap(after)) return same(before, after) ? [] : [{ path, kind: "update" }];
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => compare(before[key], after[key], [...path, key]));
}

const same = (one: unknown, other: unknown): boolean => one === other || JSON.stringify(one) === JSON.stringify(other);

/** `columns.fee.type`, `config["retention.ms"]`: the engine's spelling of a path. */
export const pathText = (path: Path): string =>
    path
        .map((key, index) =>
            /^[A-Za-z_][\w-]*$/.test(key) ? (index === 0 ? key : `.${key}`) : `[${JSON.stringify(key)}]`,
        )
        .join("");

/** The object without some of its properties. */
export function omit<T extends object, K extends keyof T>(object: T, ...keys: readonly K[]): Omit<T, K> {
    const entries = Object.entries(object).filter(([key]) => !(keys as readonly PropertyKey[]).includes(key));
    return Object.fromEntries(entries) as Omit<T, K>;
}

/** The object with only some of its properties. */
export function pick<T extends object, K extends keyof T>(object: T, ...keys: readonly K[]): Pick<T, K> {
    const entries = Object.entries(object).filter(([key]) => (keys as readonly PropertyKey[]).includes(key));
    return Object.fromEntries(entries) as Pick<T, K>;
}

/** The changes outside the given top-level properties. */
export const without = (changes: readonly Change[], ...properties: string[]): Change[] =>
    changes.filter(({ path }) => !properties.includes(path[0] ?? ""));

/** The changes, those of the given top-level properties marked as taking a replacement. */
export const replacing = (changes: readonly Change[], ...properties: string[]): Change[] =>
    changes.map((change) => (properties.includes(change.path[0] ?? "") ? { ...change, replace: true } : change));

/** Whether one of the given top-level properties differs. */
export const touches = (changes: readonly Change[], ...properties: string[]): boolean =>
    changes.some(({ path }) => properties.includes(path[0] ?? ""));
