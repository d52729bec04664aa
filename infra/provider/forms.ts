// Pure: tells a server's other spelling of a value (`Delta` becomes `Delta(8)`) from a real change, so that refresh shows only drift.
import { isMap, type Path } from "./wire";

/** How a server spells a value that was declared otherwise, by path; "" = it does not show it. Kept in the resource's outputs. */
export type ServerForms = Record<string, string>;

type Leaf = string | number | boolean | readonly unknown[] | null;
const text = (leaf: Leaf | undefined): string =>
    leaf === undefined || leaf === null ? "" : typeof leaf === "object" ? JSON.stringify(leaf) : String(leaf);

function leaves(value: unknown, path: Path = []): Map<string, Leaf> {
    if (!isMap(value)) return new Map(value === undefined ? [] : [[JSON.stringify(path), value as Leaf]]);
    return new Map(Object.entries(value).flatMap(([key, item]) => [...leaves(item, [...path, key])]));
}

function planted(all: Map<string, Leaf>): Record<string, unknown> {
    const root: Record<string, unknown> = {};
    for (const [key, leaf] of all) {
        const path = JSON.parse(key) as string[];
        let at = root;
        for (const step of path.slice(0, -1)) at = (at[step] ??= {}) as Record<string, unknown>;
        at[path.at(-1) ?? ""] = leaf;
    }
    return root;
}

/** Right after a change was applied: every place where the server spells the same thing otherwise. */
export function serverForms(declared: object, observed: object): ServerForms {
    const wanted = leaves(declared);
    const found = leaves(observed);
    const places = [...new Set([...wanted.keys(), ...found.keys()])].sort();
    return Object.fromEntries(
        places
            .filter((place) => text(wanted.get(place)) !== text(found.get(place)))
            .map((place) => [place, text(found.get(place))]),
    );
}

/** What is there now, in the spelling of the declaration wherever it still means the same. Keys keep the server's order. */
export function reconciled<T extends object>(declared: object, forms: ServerForms, observed: T): T {
    const wanted = leaves(declared);
    const found = leaves(observed);
    const result = new Map<string, Leaf>();
    for (const place of new Set([...found.keys(), ...wanted.keys()])) {
        const now = found.get(place);
        const unchanged = text(now) === (forms[place] ?? text(wanted.get(place)));
        const value = unchanged ? wanted.get(place) : now;
        if (value !== undefined) result.set(place, value);
    }
    // A map that is declared empty has no places of its own.
    const empty = Object.entries(declared).filter(([, value]) => isMap(value) && Object.keys(value).length === 0);
    return { ...Object.fromEntries(empty), ...planted(result) } as T;
}
