// Pure: between a dashboard as it is declared, by keys, and as the server has it, by ids.
import { Problem } from "../problem";
import { type DashboardInputs, type Filter, type Tile } from "./dashboardShape";
import { declarable, type Stored } from "./things";

/** Ids of the server by the keys of the declaration. */
export type Ids = Readonly<Record<string, string>>;

/** What the server named: kept in the resource's outputs. */
export interface Named {
    readonly tileIds: Ids;
    readonly filterIds: Ids;
}

interface Listed {
    readonly id: string;
    readonly name: string;
}

const listOf = (answer: Stored, property: "tiles" | "filters"): (Listed & Record<string, unknown>)[] =>
    (answer[property] ?? []) as (Listed & Record<string, unknown>)[];

/** In the order in which they are seen: the server keeps it, and ids come back in it. */
const inOrder = (tiles: DashboardInputs["tiles"]): [string, Tile][] =>
    Object.entries(tiles).sort(([one, a], [other, b]) => a.y - b.y || a.x - b.x || (one < other ? -1 : 1));

/** A filter that gives its value to queries that name it, and puts itself into no other: the server wants one of both. */
const filterBody = (filter: Filter): object => ({
    ...{ type: "QUERY_EXPRESSION", ...filter },
    ...{ isVariableEnabled: true, isBroadcastEnabled: false },
});

/** To create or to validate: the server gives all ids. */
export const createBody = ({ name, tags = [], tiles, filters = {} }: DashboardInputs): object => ({
    ...{ name, tags },
    tiles: inOrder(tiles).map(([, tile]) => tile),
    filters: Object.values(filters).map(filterBody),
});

/**
 * To update. A tile keeps its id, and what hangs on it, only if the id is sent. What is left out (tags, filters, containers, saved query and values) the
 * server keeps: what is not declared is cleared. A filter must have an id, any where it is new.
 */
export const updateBody = (
    { name, tags = [], tiles, filters = {} }: DashboardInputs,
    { tileIds, filterIds }: Named,
): object => ({
    ...{ name, tags, containers: [], savedQuery: null, savedFilterValues: [] },
    tiles: inOrder(tiles).map(([key, tile]) => ({
        ...tile,
        ...(tileIds[key] === undefined ? {} : { id: tileIds[key] }),
    })),
    filters: Object.entries(filters).map(([key, filter]) => ({ ...filterBody(filter), id: filterIds[key] ?? key })),
});

/** The ids of an answer, by the keys of what was sent. */
export function namedBy(inputs: DashboardInputs, answer: Stored): Named {
    const idsOf = (sent: [string, { name: string }][], listed: readonly Listed[]): Ids =>
        Object.fromEntries(
            sent.map(([key, { name }], index) => {
                const found = listed[index];
                if (found?.name === name) return [key, found.id];
                throw new Problem(`dashboard ${inputs.name}: HyperDX did not answer with ${key} where it was sent`);
            }),
        );
    return {
        tileIds: idsOf(inOrder(inputs.tiles), listOf(answer, "tiles")),
        filterIds: idsOf(Object.entries(inputs.filters ?? {}), listOf(answer, "filters")),
    };
}

/** What the server says of each filter because we said so. */
const ofFilter = ["id", "type", "isVariableEnabled", "isBroadcastEnabled"];

/** An answer by keys. What has come without us goes by its id. */
export function observed(answer: Stored, { tileIds, filterIds }: Named): { inputs: object; named: Named } {
    const byKey = (listed: readonly Listed[], ids: Ids): [key: string, thing: Listed][] => {
        const keys = new Map(Object.entries(ids).map(([key, id]) => [id, key]));
        return listed.map((each) => [keys.get(each.id) ?? each.id, each]);
    };
    const without = (thing: object, names: readonly string[]): object =>
        Object.fromEntries(Object.entries(thing).filter(([name]) => !names.includes(name)));
    const tiles = byKey(listOf(answer, "tiles"), tileIds);
    const filters = byKey(listOf(answer, "filters"), filterIds);
    const idsOf = (things: [string, Listed][]): Ids => Object.fromEntries(things.map(([key, { id }]) => [key, id]));
    return {
        inputs: {
            ...declarable(answer),
            tiles: Object.fromEntries(tiles.map(([key, tile]) => [key, without(tile, ["id"])])),
            filters: Object.fromEntries(filters.map(([key, filter]) => [key, without(filter, ofFilter)])),
        },
        named: { tileIds: idsOf(tiles), filterIds: idsOf(filters) },
    };
}
