// Proves: the environment is checked, addresses are watched under one spelling, one failing subject holds up nobody, and reading begins only
// when the feed has written what was acknowledged before. Does not prove: the way through real Kafka and ClickHouse; tests/engine/on-chain does.
import assert from "node:assert/strict";
import { type Admin } from "kafkajs";
import { pino } from "pino";
import { type Watched } from "../../../functions/on-chain/chains";
import { readOnChainEnv } from "../../../functions/on-chain/env";
import { type Facts } from "../../../functions/on-chain/facts";
import { remembered } from "../../../functions/on-chain/follow";
import { type Subject } from "../../../functions/on-chain/following";
import { Rounds } from "../../../functions/on-chain/rounds";
import { Watching } from "../../../functions/on-chain/watching";
import { Watchlist } from "../../../functions/on-chain/watchlist";
import { EnvironmentError } from "../../../functions/shared/env";
import { evmAddress } from "../../support/fakes/etherscan";
import { solanaKey } from "../../support/fakes/solana";
import { until } from "../../support/processes";

const log = pino({ level: "silent" });
const checksummed = "0xA1E4380A3B1f749673E270229993eE55F35663b4";

describe("on-chain: the environment", () => {
    it("has defaults, and takes addresses of all chains", () => {
        const env = readOnChainEnv({ ON_CHAIN_ADDRESSES: `ethereum:${checksummed}, solana:${solanaKey("a")}` });
        assert.deepEqual(env.ON_CHAIN_ADDRESSES, [
            { chain: "ethereum", address: checksummed.toLowerCase() },
            { chain: "solana", address: solanaKey("a") },
        ]);
        assert.deepEqual([env.ON_CHAIN_CONFIRMATIONS, env.ON_CHAIN_REORG_BLOCKS], [12, 64]);
        assert.deepEqual(readOnChainEnv({}).ON_CHAIN_ADDRESSES, []);
    });

    for (const entry of ["ethereum:0x12", "dogecoin:D8", `solana:${checksummed}`, checksummed])
        it(`refuses the address ${entry}, naming it and the chains`, () =>
            assert.throws(
                () => readOnChainEnv({ ON_CHAIN_ADDRESSES: entry }),
                (error) =>
                    error instanceof EnvironmentError && error.message.includes(`"${entry}" is not chain:address`),
            ));

    it("does not show the key", () => {
        assert.throws(
            () => readOnChainEnv({ ETHERSCAN_API_KEY: "k3y", ETHERSCAN_URL: "ftp://x" }),
            (error) => error instanceof EnvironmentError && !error.message.includes("k3y"),
        );
    });
});

describe("on-chain: the watchlist", () => {
    const own: { chain: string; address: string }[] = [];
    const facts = { own: () => Promise.resolve(own) } as unknown as Facts;
    const subject = ({ address }: Watched): Subject => ({ name: address, step: () => Promise.resolve(false) });

    it("joins configuration and reference, begins each address once, and rests with those retired", async () => {
        const begun: string[] = [];
        const configured = [{ chain: "ethereum", address: checksummed.toLowerCase() }];
        const follow = (address: Watched): Promise<Subject[]> => {
            begun.push(address.address);
            return Promise.resolve([subject(address)]);
        };
        const list = new Watchlist(configured, facts, follow, log);
        const other = { chain: "ethereum", address: evmAddress("other") };
        own.push({ chain: "ethereum", address: checksummed }, other, { chain: "tron", address: "T1" });
        await list.refresh();
        assert.equal(list.size, 2);
        assert.match(list.problem() ?? "", /1 addresses .* tron:T1/);
        own.splice(0);
        await list.refresh();
        assert.deepEqual(
            list.subjects(() => true).map(({ name }) => name),
            [checksummed.toLowerCase()],
        );
        own.push(other);
        await list.refresh();
        assert.equal(list.subjects((chain) => chain === "ethereum").length, 2);
        assert.deepEqual(
            list.subjects((chain) => chain === "solana"),
            [],
        );
        assert.deepEqual(begun, [checksummed.toLowerCase(), other.address]);
    });
});

describe("on-chain: rounds", () => {
    it("go on with all others when one subject fails, and take it up again", async () => {
        const steps = { good: 0, bad: 0 };
        const subjects: Subject[] = [
            { name: "bad", step: () => (++steps.bad < 3 ? Promise.reject(new Error("no")) : Promise.resolve(false)) },
            { name: "good", step: () => Promise.resolve(++steps.good % 5 !== 0) },
        ];
        let failures = 0;
        const onFailure = (): void => void (failures += 1);
        const rounds = new Rounds({ subjects: () => subjects, intervalMs: 5, log, onFailure });
        rounds.start();
        await until("the failing one is taken up again", () => steps.bad >= 3 && steps.good > 10);
        rounds.abort();
        await rounds.ended();
        assert.equal(failures, 2);
        assert.equal(rounds.problem(), undefined);
    });

    it("ask for what they share once per interval, and again after a failure", async () => {
        let asked = 0;
        let now = 0;
        const ask = remembered(
            () => (++asked === 2 ? Promise.reject(new Error("no")) : Promise.resolve(asked)),
            10,
            () => now,
        );
        assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
        now = 10;
        await assert.rejects(ask());
        assert.equal(await ask(), 3);
    });
});

describe("on-chain: the beginning", () => {
    it("waits for the feed to write what was acknowledged before", async () => {
        let committed = 3;
        let asked = 0;
        const admin = {
            connect: () => Promise.resolve(),
            fetchTopicOffsets: () => Promise.resolve([{ partition: 0, low: "0", high: "5" }]),
            fetchOffsets: () => {
                asked += 1;
                return Promise.resolve([{ partitions: [{ partition: 0, offset: String(committed) }] }]);
            },
        } as unknown as Admin;
        const order: string[] = [];
        const watchlist = { refresh: () => Promise.resolve(void order.push("addresses")) } as unknown as Watchlist;
        const rounds = { start: () => void order.push("rounds") } as unknown as Rounds;
        const watching = new Watching({ admin, watchlist, rounds: [rounds], log });
        const running = watching.run();
        await until("the offsets were asked for again", () => asked >= 3);
        assert.deepEqual(order, [], "nothing begins before");
        committed = 5;
        await until("rounds", () => order.length === 2);
        assert.deepEqual(order, ["addresses", "rounds"]);
        watching.stop();
        await running;
    });
});
