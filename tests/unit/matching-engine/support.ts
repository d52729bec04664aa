// For tests: mappings written in a few lines, and records run through them.
import { createReader } from "../../../functions/matching-engine/formats/reader";
import { type Mapping, readMapping } from "../../../functions/matching-engine/mapping/load";
import { type Mapped, Mapper } from "../../../functions/matching-engine/mapping/mapper";
import { type KafkaMeta, type Tree } from "../../../functions/matching-engine/record";

const columns: Record<string, string> = {
    event_time: "{ field: t, time: milliseconds }",
    deposit_id: "id",
    state: "{ const: credited }",
    user_id: "u",
    account_id: "a",
    asset: "{ const: USDT }",
    amount: "x",
};

/** The text of a mapping of deposits; lines of `set` replace its columns or come after them, from line 16 on. */
export function depositText(set = "", more = "ignore: { kind: ping }"): string {
    const own = set.split("\n").flatMap((line): [string, string][] => {
        const [, column, expression] = /^(\w+): (.*)$/.exec(line) ?? [];
        return column === undefined || expression === undefined ? [] : [[column, expression]];
    });
    const all = Object.entries({ ...columns, ...Object.fromEntries(own) });
    return `version: 1
source: { id: test/feed }
input: { stdin: {} }
format: { type: json }
${more}
events:
  - fact: user_deposits
    set:
${all.map(([column, expression]) => `      ${column}: ${expression}\n`).join("")}`;
}

/** The same, read. */
export const depositMapping = (set?: string, more?: string): Mapping =>
    readMapping(depositText(set, more), "test.yaml");

/** The record of JSON text, as the feed reads it. */
export async function recordOf(json: string): Promise<Tree> {
    const reading = await createReader({ type: "json" })(Buffer.from(json));
    if (reading === undefined) throw new Error("nothing to read");
    return reading.record;
}

/** What a fresh mapper makes of one record. */
export async function mapOne(mapping: Mapping, json: string, kafka?: KafkaMeta): Promise<Mapped> {
    return new Mapper(mapping).map(await recordOf(json), { partition: "p", resume: "0", at: "p@0" }, kafka);
}

/** A mapping of trades, each from the records of its two sides. */
export const pairMapping = readMapping(
    `version: 1
source: { id: test/pairs }
input: { stdin: {} }
format: { type: json }
common: { event_time: { field: t, time: milliseconds }, venue: { const: v }, symbol: s }
events:
  - fact: user_trades
    pair: { by: m, maker: { r: M } }
    set:
      trade_id: taker.m
      trade_version: { const: 1 }
      status: { const: executed }
      price: taker.p
      quantity: taker.q
      taker_side: taker.side
      maker_user_id: maker.u
      maker_account_id: maker.a
      maker_order_id: maker.o
      maker_fee: maker.f
      maker_fee_asset: maker.fa
      taker_user_id: taker.u
      taker_account_id: taker.a
      taker_order_id: taker.o
      taker_fee: taker.f
      taker_fee_asset: taker.fa
`,
    "t.yaml",
);
