// Every sort of resource the provider knows, by its type token.
import { createRequire } from "node:module";
import { database } from "./clickhouse/database";
import { feed } from "./clickhouse/feed";
import { namedCollection } from "./clickhouse/namedCollection";
import { rule } from "./clickhouse/rule";
import { table } from "./clickhouse/table";
import { view } from "./clickhouse/view";
import { processKind } from "./embedded/process";
import { supervisor } from "./embedded/supervisor";
import { topic } from "./kafka/topic";
import { type Kind } from "./kind";
import { Problem } from "./problem";

/** The kinds of every stack, by type token. */
const kinds: Readonly<Record<string, Kind<object>>> = {
    "trading:clickhouse:Database": database,
    "trading:clickhouse:Feed": feed,
    "trading:clickhouse:NamedCollection": namedCollection,
    "trading:clickhouse:Table": table,
    "trading:clickhouse:View": view,
    "trading:detection:Rule": rule,
    "trading:embedded:Process": processKind,
    "trading:embedded:Supervisor": supervisor,
    "trading:kafka:Topic": topic,
};

/** Those of a HyperDX, which not every stack has: loaded when the first of its resources comes. */
const hyperdx = (): typeof import("./hyperdx") => createRequire(__filename)("./hyperdx") as typeof import("./hyperdx");

/** The kind of a type token; an unknown one is an error that names those there are. */
export function kindOf(token: string): Kind<object> {
    const kind = kinds[token] ?? hyperdx().hyperdxKinds[token];
    if (kind === undefined)
        throw new Problem(
            `provider trading: there is no resource type ${token}; known are ${[...Object.keys(kinds), ...Object.keys(hyperdx().hyperdxKinds)].join(", ")}`,
        );
    return kind;
}
