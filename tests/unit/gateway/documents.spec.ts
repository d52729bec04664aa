// Proves: the committed OpenAPI document and JSON Schemas are those of the catalogue, the document is valid OpenAPI 3.1, and a schema takes the
// same events as the catalogue's validator. Does not prove: that the running gateway keeps to the document; tests/engine/gateway does.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { catalogue, type Declaration } from "../../../schema";
import { eventDocument, openapi } from "../../../schema/api";
import { openapiPath, renderOpenapi, renderSchemas, schemasPath } from "../../golden/api";
import { fitting, nearly } from "../../support/json-schema";

const advice = "run npm run golden and review the diff: producers will see it";

function validatorOf(declaration: Declaration): (event: unknown) => boolean {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, keywords: ["x-personal-data"] });
    addFormats(ajv);
    return ajv.compile(eventDocument(declaration));
}

/** The one thing a JSON Schema cannot say of an event here: how large a number in a string may be. */
const tooLarge = (problems: string[]): boolean =>
    problems.length > 0 && problems.every((text) => /over UInt\d+$/.test(text));

describe("gateway: documents", () => {
    it("commits the OpenAPI document of the catalogue", () => {
        assert.equal(readFileSync(openapiPath, "utf8"), renderOpenapi(), advice);
    });

    it("commits a JSON Schema of every fact and reference, and of nothing else", () => {
        const rendered = renderSchemas();
        assert.deepEqual(readdirSync(schemasPath).sort(), [...rendered.keys()].sort(), advice);
        for (const [file, text] of rendered) assert.equal(readFileSync(join(schemasPath, file), "utf8"), text, advice);
    });

    it("is valid OpenAPI 3.1", async () => {
        const { valid, errors } = await new Validator().validate(openapi(catalogue));
        assert.ok(valid, JSON.stringify(errors, null, 1));
    });

    for (const declaration of catalogue)
        it(`describes ${declaration.name} as its validator takes it`, () => {
            const takes = validatorOf(declaration);
            const schema = eventDocument(declaration);
            const filled = (event: object): object => ({ event_id: "1", source_id: "a", origin: "live", ...event });
            const property = fc.property(fc.oneof(fitting(schema), nearly(schema)), (value) => {
                // As it arrives: JSON drops what JSON cannot say.
                const event = JSON.parse(JSON.stringify(value)) as object;
                const problems = declaration.problems(filled(event));
                fc.pre(!tooLarge(problems));
                assert.equal(takes(event), problems.length === 0, problems.join("\n"));
            });
            fc.assert(property, { numRuns: 200 });
        });
});
