// Proves, on the whole stack with one worker: FIX drop-copy logs (4.4, 4.2) in followed files, Binance's executionReport, Debezium's change events and
// outbox, Avro and Protobuf with a schema registry, and the standard input all become rows equal to their records field by field; what cannot
// be mapped is told in source_notices, with its place.
// What the committed samples mean is written down in tests/unit/matching-engine/formats.spec.ts; here the same mapper gives the expectation.
// Does not prove: crashes (survival.spec.ts here), a real schema registry.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Schema, Type } from "avsc";
import { createReader } from "../../../functions/matching-engine/formats/reader";
import { loadMapping } from "../../../functions/matching-engine/mapping/load";
import { Mapper } from "../../../functions/matching-engine/mapping/mapper";
import { FakeServer } from "../../support/fakes/server";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { repository } from "../../support/pulumi";
import { sharedStack, type TestStack } from "../../support/stack";
import { factOf, normalised, rowsOf } from "./rows";
import { FeedWorker } from "./worker";

const samples = join(repository, "functions/matching-engine/samples");
type Fields = Record<string, unknown>;

/** 2026-11-22T14:20:00Z, when all samples begin, and how far that is from an hour ago: facts take no events older than their retention. */
const sampleMs = 1_795_357_200_000;
const shiftMs = Math.floor((Date.now() - 3_600_000 - sampleMs) / 1_000) * 1_000;

/** The text with every time of the samples moved: epoch milliseconds and microseconds, FIX, and ISO with a zone. */
function shifted(text: string): string {
    const moved = (iso: string): Date => new Date(Date.parse(iso) + shiftMs);
    return text
        .replaceAll(/\b1795\d{9}\b/g, (ms) => String(Number(ms) + shiftMs))
        .replaceAll(/\b1795\d{12}\b/g, (micros) => String(BigInt(micros) + BigInt(shiftMs) * 1_000n))
        .replaceAll(/\b(\d{4})(\d\d)(\d\d)-(\d\d:\d\d:\d\d)/g, (_all, y: string, m: string, d: string, time: string) =>
            moved(`${y}-${m}-${d}T${time}Z`).toISOString().slice(0, 19).replaceAll("-", "").replace("T", "-"),
        )
        .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+01:00/g, (iso) =>
            moved(iso).toISOString().replace("Z", "+00:00"),
        );
}

/** FIX lines with the checksums their changed times need. */
function rechecked(line: string): string {
    const start = line.indexOf("8=FIX");
    const separator = line.includes("|10=") ? "|" : "\x01";
    const body = line.slice(start, line.lastIndexOf(`${separator}10=`) + 1);
    const sum = [...Buffer.from(body.replaceAll(separator, "\x01"))].reduce((total, byte) => total + byte, 0) % 256;
    return `${line.slice(0, start)}${body}10=${String(sum).padStart(3, "0")}${separator}`;
}

/** What the mapping makes of the records, by fact and event id. */
async function expected(mappingFile: string, lines: readonly string[]): Promise<Map<string, Map<string, Fields>>> {
    const mapping = loadMapping(mappingFile);
    const reader = createReader(mapping.format);
    const mapper = new Mapper(mapping);
    const facts = new Map<string, Map<string, Fields>>();
    for (const line of lines) {
        const reading = await reader(Buffer.from(line));
        if (reading === undefined || reading.housekeeping) continue;
        for (const { declaration, event } of mapper.map(reading.record, { partition: "", resume: "", at: "" }).events) {
            const events = facts.get(declaration.name) ?? new Map<string, Fields>();
            facts.set(declaration.name, events.set(event.event_id, normalised(declaration, event)));
        }
    }
    return facts;
}

const depositMapping = (source: string, input: string, format: string): string => `version: 1
source: { id: ${source} }
input: ${input}
format: ${format}
ignore: { kind: ping }
events:
  - fact: user_deposits
    set: { event_time: { field: t, time: milliseconds }, deposit_id: id, state: { const: credited }, user_id: u, account_id: u, asset: asset, amount: q }
`;

describe("the feed's formats", function () {
    this.timeout(300_000);
    const folder = temporaryFolder("feed");
    const registry = new FakeServer();
    const run = String(Date.now());
    const mappings: string[] = [];
    const lines = new Map<string, string[]>();
    let stack: TestStack;
    let worker: FeedWorker;

    /** A committed sample's mapping under a source of this run, its input replaced. */
    function sampled(name: string, sample: string, input: string): string[] {
        const file = join(folder, `${name}.yaml`);
        const text = readFileSync(join(samples, `${name}.yaml`), "utf8");
        writeFileSync(file, text.replace(/^input:\n(?: {2}.*\n)+/m, `input: ${input}\n`));
        mappings.push(file);
        const moved = readFileSync(join(samples, sample), "utf8").trimEnd().split("\n").map(shifted);
        const ready = name.startsWith("fix") ? moved.map(rechecked) : moved;
        lines.set(name, ready);
        return ready;
    }

    function own(name: string, text: string): void {
        writeFileSync(join(folder, `${name}.yaml`), text);
        mappings.push(join(folder, `${name}.yaml`));
    }

    async function produce(topic: string, values: readonly (Buffer | string | null)[]): Promise<void> {
        const admin = stack.kafka.admin();
        await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
        await admin.disconnect();
        const producer = await stack.producer();
        await producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) });
        await producer.disconnect();
    }

    const at = Date.now() - 60_000;
    const avroSchema: Schema = {
        ...{ type: "record", name: "Deposit" },
        fields: ["id", "u", "asset", "q"].map((name) => ({ name, type: "string" })).concat({ name: "t", type: "long" }),
    };
    const protoSchema = `syntax = "proto3"; message Deposit { string id = 1; string u = 2; string asset = 3; string q = 4; int64 t = 5; }`;
    const deposit = (kind: string): { id: string; u: string; asset: string; q: string; t: number } => ({
        ...{ id: `${kind}-${run}`, u: "user", asset: "USDT", q: "12345678901234567890.000000000000000001", t: at },
    });

    function protobuf({ id, u, asset, q, t }: ReturnType<typeof deposit>): Buffer {
        const varint = (value: bigint): number[] =>
            value < 128n ? [Number(value)] : [Number(value & 127n) | 128, ...varint(value >> 7n)];
        const text = (tag: number, value: string): number[] => [(tag << 3) | 2, value.length, ...Buffer.from(value)];
        const fields = [...text(1, id), ...text(2, u), ...text(3, asset), ...text(4, q), 40, ...varint(BigInt(t))];
        return Buffer.from([0, 0, 0, 0, 2, 0, ...fields]);
    }

    before(async () => {
        stack = await sharedStack();
        await registry.start();
        registry.on("/schemas/ids/1", () => ({ body: JSON.stringify({ schema: JSON.stringify(avroSchema) }) }));
        registry.on("/schemas/ids/2", () => ({
            body: JSON.stringify({ schemaType: "PROTOBUF", schema: protoSchema }),
        }));
        for (const name of ["fix44-drop-copy", "fix42-drop-copy"]) {
            const log = join(folder, `${name}.log`);
            writeFileSync(log, `${sampled(name, `${name}.log`, `{ file: { path: ${log} } }`).join("\n")}\n`);
        }
        for (const name of ["binance-execution-report", "debezium-ledger"]) {
            const topic = `test.${name}.${run}`;
            const values = sampled(name, `${name}.ndjson`, `{ kafka: { topics: ${topic}, group: ${topic} } }`);
            await produce(
                topic,
                values.map((line) => (line === "null" ? null : line)),
            );
        }
        for (const type of ["avro", "protobuf"])
            own(
                type,
                depositMapping(
                    `${type}-${run}`,
                    `{ kafka: { topics: test.${type}.${run} } }`,
                    `{ type: ${type}, registry: "${registry.origin}" }`,
                ),
            );
        const avro = Buffer.concat([
            Buffer.from([0, 0, 0, 0, 1]),
            Type.forSchema(avroSchema).toBuffer(deposit("avro")),
        ]);
        await produce(`test.avro.${run}`, [Buffer.from("not avro"), avro]);
        await produce(`test.protobuf.${run}`, [protobuf(deposit("protobuf"))]);
        worker = FeedWorker.start({ KAFKA_BROKERS: stack.brokers, MAPPINGS: mappings.join(","), DATA_DIR: folder });
    });
    after(async () => {
        assert.equal(await worker.stop(), 0, worker.output);
        await registry.stop();
        removeFolder(folder);
    });

    for (const [name, sources] of [
        ["fix44-drop-copy", ["engine/drop-copy"]],
        ["fix42-drop-copy", ["engine/drop-copy-42"]],
        ["binance-execution-report", ["engine/execution-reports"]],
        ["debezium-ledger", ["ledger/debezium/deposits", "ledger/debezium/outbox"]],
    ] as const)
        it(`${name}: rows equal to the records`, async () => {
            const wanted = await expected(join(folder, `${name}.yaml`), lines.get(name) ?? []);
            assert.ok(wanted.size >= 2);
            for (const [fact, events] of wanted) {
                const found = await until(
                    `${fact} of ${name}\n${worker.output}`,
                    async () => {
                        const rows = new Map(
                            (await Promise.all(sources.map((source) => rowsOf(stack, fact, source)))).flatMap(
                                (each) => [...each],
                            ),
                        );
                        return [...events.keys()].every((id) => rows.has(id)) && rows;
                    },
                    60_000,
                );
                for (const [id, event] of events) assert.deepEqual(found.get(id), event, id);
            }
        });

    for (const type of ["avro", "protobuf"])
        it(`${type} with a schema registry: the row equals the message`, async () => {
            const { id, u, asset, q } = deposit(type);
            const rows = await until(
                `the ${type} deposit\n${worker.output}`,
                async () => {
                    const stored = await rowsOf(stack, "user_deposits", `${type}-${run}`);
                    return stored.size === 1 && stored;
                },
                60_000,
            );
            const declaration = factOf("user_deposits");
            const event = {
                ...{
                    event_time: new Date(at).toISOString(),
                    source_id: `${type}-${run}`,
                    origin: "live",
                    deposit_id: id,
                    state: "credited",
                },
                ...{ user_id: u, account_id: u, asset, amount: q },
            };
            const eventId = declaration.eventId(event);
            assert.deepEqual(rows.get(eventId), normalised(declaration, { ...event, event_id: eventId }));
        });

    it("tells in source_notices what could not be read, with its place", async () => {
        const notices = await until(
            "the notice",
            async () => {
                const rows = await stack.rows<{ kind: string; first: string; events: number; detail: string }>(
                    `SELECT kind, first, events, detail FROM trading.source_notices WHERE source_id = 'avro-${run}'`,
                );
                return rows.length > 0 && rows;
            },
            60_000,
        );
        assert.deepEqual(
            notices.map(({ kind, first, events }) => [kind, first, events]),
            [["malformed", `test.avro.${run}/0@0`, 1]],
        );
        assert.match(notices[0]?.detail ?? "", /expected a schema registry's message/);
    });

    it("takes lines from its standard input to their end, exits with 0, and tells of what is left over", async () => {
        const mapping = join(folder, "stdin.yaml");
        const source = `stdin-${run}`;
        writeFileSync(mapping, depositMapping(source, "{ stdin: {} }", "{ type: json }"));
        const line = JSON.stringify(deposit("stdin"));
        const input = [
            line,
            "oops",
            JSON.stringify({ kind: "ping" }),
            JSON.stringify({ ...deposit("stdin2"), q: "many" }),
            line,
        ].join("\n");
        const piped = FeedWorker.start({ KAFKA_BROKERS: stack.brokers, MAPPINGS: mapping }, input);
        assert.equal(await piped.ended(), 0, piped.output);
        await until("the deposit", async () => (await rowsOf(stack, "user_deposits", source)).size === 1, 60_000);
        const told = await until(
            "the notices",
            async () => {
                const rows = await stack.rows<{ kind: string; fact: string; detail: string }>(
                    `SELECT kind, fact, detail FROM trading.source_notices WHERE source_id = '${source}' ORDER BY kind`,
                );
                return rows.length === 2 && rows;
            },
            60_000,
        );
        assert.deepEqual(
            told.map(({ kind, fact }) => [kind, fact]),
            [
                ["malformed", "user_deposits"],
                ["rejected", "user_deposits"],
            ],
        );
        assert.match(told[1]?.detail ?? "", /amount: not a Decimal\(38, 18\)/);
    });

    it("says its figures at /metrics and refuses a mapping that does not fit with exit code 2", async () => {
        const metrics = await (await fetch(`http://127.0.0.1:${String(worker.port)}/metrics`)).text();
        assert.match(
            metrics,
            /feed_records_total\{source="engine\/drop-copy",outcome="mapped",worker="matching-engine"\} 9/,
        );
        const bad = join(folder, "bad.yaml");
        writeFileSync(bad, "version: 1\n");
        const refused = FeedWorker.start({ MAPPINGS: bad });
        assert.equal(await refused.ended(), 2);
        assert.match(refused.output, /bad\.yaml:1: source: /);
        assert.ok(!refused.output.includes("    at "), "no stack trace");
    });
});
