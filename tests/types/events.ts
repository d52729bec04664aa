// Compiled by tsc, not run: the TypeScript event of a declaration is what its columns say.
import { type Event, type Level, type marketTrades, type orderBookTicks } from "../../schema";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Expect<T extends true> = T;

type Trade = Event<typeof marketTrades>;

export type Cases = [
    Expect<Equal<Trade["price"], string>>,
    Expect<Equal<Trade["taker_side"], "buy" | "sell">>,
    Expect<Equal<Trade["source_seq"], string | null | undefined>>,
    Expect<Equal<Trade["origin"], "live" | "backfill" | "replay" | "synthetic">>,
    Expect<Equal<Event<typeof orderBookTicks>["bids"], readonly Level[]>>,
];

// @ts-expect-error: a required column cannot be left out
export const incomplete: Trade = { event_id: "1", event_time: "", source_id: "", origin: "live" };
