// The documents of the gateway's interface: committed, so that producers can read them here and a review shows what a changed declaration
// means to them.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalogue } from "../../schema";
import { eventDocument, openapi } from "../../schema/api";

/** Folder of one JSON Schema per fact and reference. */
export const schemasPath = join(__dirname, "json-schema");

/** Where the OpenAPI document is. */
export const openapiPath = join(__dirname, "openapi.json");

const text = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

/** The OpenAPI document. */
export const renderOpenapi = (): string => text(openapi(catalogue));

/** JSON Schemas by file name. */
export const renderSchemas = (): Map<string, string> =>
    new Map(catalogue.map((declaration) => [`${declaration.name}.json`, text(eventDocument(declaration))]));

/** Writes all of them; schemas of what is no longer declared go. */
export function writeApi(): void {
    writeFileSync(openapiPath, renderOpenapi());
    rmSync(schemasPath, { recursive: true, force: true });
    mkdirSync(schemasPath);
    for (const [file, schema] of renderSchemas()) writeFileSync(join(schemasPath, file), schema);
}
