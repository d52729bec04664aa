// Proves: whatever is sent along the lines of the OpenAPI document, or a little beside them, the running gateway answers with a status the
// document names for the operation, never 5xx, and a body that fits the schema it names. Does not prove: that stored rows are right; rows.spec.ts does.
import assert from "node:assert/strict";
import Ajv2020, { type ValidateFunction } from "ajv/dist/2020";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { catalogue } from "../../../schema";
import { fitting, nearly } from "../../support/json-schema";
import { type Answer, origin, TestGateway } from "../../support/gateway";
import { sharedKafka, type TestKafka } from "../../support/kafka";
import { Topics } from "../../support/topics";

type Json = Record<string, unknown>;

interface Operation {
    operationId: string;
    parameters?: { name: string; in: string; schema: Json }[];
    requestBody?: { content: Record<string, { schema: Json }> };
    responses: Record<string, Json>;
}

interface Document extends Json {
    paths: Record<string, Record<string, Operation | Json[]>>;
}

interface Sent {
    path: string;
    init: RequestInit;
}

const runsPerOperation = 60;

/** A batch: lines that fit, lines that nearly do, and lines that are nothing. */
const batchOf = (schema: Json, root: Json): fc.Arbitrary<string> =>
    fc
        .array(
            fc.oneof(
                fitting(schema, root).map(toText),
                nearly(schema, root).map(toText),
                fc.json(),
                fc.string({ unit: "binary" }),
            ),
            { maxLength: 8 },
        )
        .map((lines) => lines.join("\n"));

const toText = (value: unknown): string => JSON.stringify(value);

/** Bodies of one content type. */
function bodies(type: string, schema: Json, own: Json, root: Json): fc.Arbitrary<string | Uint8Array> {
    if (type === "application/x-ndjson") return batchOf(own, root);
    const sound = fitting(schema, root).map(toText);
    const odd = fc.oneof(nearly(schema, root).map(toText), fc.json(), fc.string({ unit: "binary" }), fc.uint8Array());
    return fc.oneof(sound, odd);
}

describe("gateway against its OpenAPI document", function () {
    this.timeout(600_000);
    let kafka: TestKafka;
    let topics: Topics;
    let gateway: TestGateway;
    let document: Document;
    let check: (name: string) => ValidateFunction;

    before(async () => {
        kafka = await sharedKafka();
        topics = await Topics.connect(kafka.brokers);
        await topics.create(catalogue);
        gateway = await TestGateway.start(kafka.brokers, {
            ACTIONS_PER_MINUTE: "1000000",
            REQUESTS_PER_MINUTE: "1000000",
        });
        document = (await gateway.fetch<Document>("/openapi.json")).body;
        const ajv = new Ajv2020({ strict: false });
        addFormats(ajv);
        ajv.addSchema(document, "document");
        check = (name) => {
            const found = ajv.getSchema(`document#/components/schemas/${name}`);
            assert.ok(found, name);
            return found;
        };
    });
    after(async () => {
        await gateway.stop();
        await topics.close();
    });

    /** Requests for an operation: mostly with what it asks for, now and then without a key, with another type, or with nothing. */
    function requests(path: string, method: string, operation: Operation): fc.Arbitrary<Sent> {
        const contents = Object.entries(operation.requestBody?.content ?? {});
        const [, own] = contents[0] ?? ["", { schema: {} }];
        const body = fc.oneof(
            ...contents.map(([type, { schema }]) =>
                bodies(type, schema, own.schema, document).map((text) => ({ type, text })),
            ),
            { weight: 1, arbitrary: fc.constant({ type: "application/xml", text: "<x/>" }) },
        );
        const authorization = fc.oneof(
            { weight: 20, arbitrary: fc.constant(`Bearer ${gateway.key}`) },
            fc.string().map(encodeURIComponent),
        );
        const key = fc.oneof(
            { weight: 20, arbitrary: fc.constant(gateway.publicKey) },
            fc.string({ unit: "binary" }).filter((text) => text.isWellFormed()),
        );
        const from = fc.oneof({ weight: 20, arbitrary: fc.constant(origin) }, fc.webUrl());
        return fc.record({ body, authorization, key, from }).map((given) => ({
            path: path === "/v1/actions" ? `${path}?key=${encodeURIComponent(given.key)}` : path,
            init: {
                method,
                headers: { origin: given.from, authorization: given.authorization, "content-type": given.body.type },
                body: given.body.text,
            },
        }));
    }

    /** What a page of another origin sends: only one path asks for the origin, too seldom for chance to meet it in every run. */
    const fromElsewhere = (path: string): Sent => ({
        path: `${path}?key=${encodeURIComponent(gateway.publicKey)}`,
        init: {
            method: "POST",
            headers: { origin: "https://elsewhere.example", "content-type": "application/json" },
            body: "{}",
        },
    });

    function assertAsDocumented({ status, headers, body }: Answer, operation: Operation): void {
        assert.ok(status < 500, `${String(status)}: ${JSON.stringify(body)}\n${gateway.output().slice(-2_000)}`);
        assert.ok(
            String(status) in operation.responses,
            `${String(status)} is not documented: ${JSON.stringify(body)}`,
        );
        const type = headers.get("content-type")?.split(";")[0];
        const validate = check(type === "application/problem+json" ? "Problem" : "Receipt");
        assert.ok(validate(body), JSON.stringify({ body, errors: validate.errors }));
    }

    it("finds no 5xx and no answer that the document does not name", async () => {
        const statuses = new Map<number, number>();
        for (const [path, item] of Object.entries(document.paths)) {
            const operation = item["post"] as Operation | undefined;
            if (operation === undefined) continue;
            const property = fc.asyncProperty(requests(path, "POST", operation), async ({ path: target, init }) => {
                const answer = await gateway.fetch(target, init);
                statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
                assertAsDocumented(answer, operation);
            });
            await fc.assert(property, { numRuns: runsPerOperation, examples: [[fromElsewhere(path)]] });
        }
        console.info(`      ${JSON.stringify(Object.fromEntries(statuses))}`);
        // Both halves were met: requests that were taken, and each way of being sent away that needs no outage.
        for (const status of [200, 400, 401, 403, 415, 422]) assert.ok(statuses.has(status), String(status));
        assert.doesNotMatch(gateway.output(), /"level":"(error|fatal)"/);
    });

    it("serves every document it names", async () => {
        for (const [path, item] of Object.entries(document.paths)) {
            if (item["get"] === undefined) continue;
            const names = path.includes("{name}") ? catalogue.map(({ name }) => name) : [""];
            for (const name of names) {
                const { status, headers } = await gateway.fetch(path.replace("{name}", name));
                const { responses } = item["get"] as Operation;
                const types = Object.keys((responses["200"] as { content: Json }).content);
                assert.deepEqual(
                    [status, types.includes(headers.get("content-type")?.split(";")[0] ?? "")],
                    [200, true],
                    path,
                );
            }
        }
    });
});
