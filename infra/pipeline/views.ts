// Views that read several facts, each after the tables and the views it reads.
import { views } from "../../schema/views";
import { kebab } from "../names";
import type * as pulumi from "../pulumi";
import { View } from "../resources";
import { type Target } from "../targets";

/**
 * Creates the catalogue's views.
 * @param feeds by the name of their fact or reference; a feed stands for its tables
 */
export function createViews(target: Target, feeds: ReadonlyMap<string, pulumi.Resource>): void {
    const created = new Map<string, View>();
    for (const { database, name, query, comment, streams, views: read } of views) {
        const dependsOn = [
            ...streams.flatMap((stream) => feeds.get(stream) ?? []),
            ...read.flatMap((other) => created.get(other) ?? []),
        ];
        const args = { database, name, query, comment };
        created.set(name, new View(kebab(name), args, { provider: target.provider, dependsOn }));
    }
}
