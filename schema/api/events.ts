// JSON Schemas of the events as the gateway takes them, from the catalogue's own validators.
import { z } from "zod";
import { type Column, type Declaration } from "../dsl";

/** A JSON Schema (2020-12), as plain JSON. */
export type JsonSchema = Record<string, unknown>;

/** The JSON Schema of what a validator takes. */
export function jsonSchemaOf(validator: z.ZodType): JsonSchema {
    const schema = Object.entries(
        z.toJSONSchema(validator, {
            io: "input",
            override: ({ jsonSchema }) => {
                // zod's patterns for addresses are narrower than what it takes; the format says it well.
                if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
            },
        }),
    );
    return Object.fromEntries(schema.filter(([keyword]) => keyword !== "$schema"));
}

/** Fields the gateway fills in where a producer leaves them out. */
const filledIn: Record<string, (declaration: Declaration) => string> = {
    event_id: ({ identity }) =>
        `; may be left out, else it must be ${[...identity, "run_id"].map((name) => `<${name}>`).join("|")} without what is absent, with \\ before | and \\ in a value`,
    source_id: () =>
        "; here the name of the key's producer, alone or followed by /<instance>; the name alone when left out",
    origin: () => "; live when left out",
};

function property(declaration: Declaration, name: string, column: Column): JsonSchema {
    return {
        description: column.description + (filledIn[name]?.(declaration) ?? ""),
        ...jsonSchemaOf(column.validator),
        ...(column.personal ? { "x-personal-data": true } : {}),
    };
}

/** JSON Schema of an event on its way into the gateway, as a document of its own. */
export const eventDocument = (declaration: Declaration): JsonSchema => ({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...eventSchema(declaration),
});

/** The same as a part of another document. */
export function eventSchema(declaration: Declaration): JsonSchema {
    const columns = Object.entries(declaration.columns);
    return {
        title: declaration.name,
        description: declaration.description,
        type: "object",
        properties: Object.fromEntries(columns.map(([name, column]) => [name, property(declaration, name, column)])),
        required: columns.filter(([name, column]) => !column.optional && !(name in filledIn)).map(([name]) => name),
        additionalProperties: false,
    };
}
