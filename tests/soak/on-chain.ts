// The soak of the watcher: two chains grow and one reorganises, its servers are in trouble now and then, and the worker is killed (-9) again and
// again; in the end the facts must be what the chains hold, no more and no less.
import { setTimeout as pause } from "node:timers/promises";
import { seeded } from "../bench/samples";
import { evmAddress, evmHash, FakeEtherscan, FakeEvmChain, type FakeTransaction } from "../support/fakes/etherscan";
import { type Fault } from "../support/fakes/server";
import { FakeLedger, FakeSolana, solanaKey, solanaSignature, transferSol } from "../support/fakes/solana";
import { until } from "../support/processes";
import { type TestStack } from "../support/stack";
import { WorkerProcess } from "../support/worker";

const confirmations = 3;
/** Blocks that reorganisations take away: more than are waited for, fewer than are read again. */
const deepest = 10;
const reorgBlocks = 30;
const blockMs = 120;
const settleMs = 120_000;

const faults: readonly Fault[] = [
    { kind: "status", status: 429 },
    { kind: "status", status: 503 },
    { kind: "cut" },
    { kind: "reset" },
    { kind: "contentType", contentType: "text/html" },
];

export interface OnChainSoakOptions {
    kills: number;
    seed: number;
    /** Told of each kill. */
    say: (line: string) => void;
}

/** What came of it. A transfer counts per watched address. */
export interface OnChainSoakReport {
    kills: number;
    reorganisations: number;
    transfers: number;
    /** On the chain, but not standing in the facts. */
    lost: number;
    /** Standing in the facts, but not on the chain. */
    wrong: number;
    /** Confirmed twice or removed twice, after deduplication. */
    doubled: number;
    /** Compensating rows. */
    removed: number;
    /** Rows as written, resends included. */
    rawRows: number;
    seconds: number;
}

/** The two chains, their servers and what happens on them. */
class World {
    private readonly now = Math.floor(Date.now() / 1_000) - 7_200;
    readonly addresses: readonly string[];
    readonly wallet: string;
    readonly payer: string;
    readonly chain = new FakeEvmChain(20_000_000, this.now);
    readonly ledger = new FakeLedger(310_000_000, this.now);
    readonly explorer = new FakeEtherscan({ chains: { "1": this.chain }, key: "soak", perSecond: 200 });
    readonly node = new FakeSolana(this.ledger);
    reorganisations = 0;
    private serial = 0;
    private timer: NodeJS.Timeout | undefined;
    /** Signature and lamports of every payment on Solana. */
    readonly payments = new Map<string, bigint>();

    constructor(
        private readonly run: string,
        private readonly random: () => number,
    ) {
        this.addresses = ["a", "b", "c"].map((name) => evmAddress(`${run} ${name}`));
        this.wallet = solanaKey(`${run} wallet`);
        this.payer = solanaKey(`${run} payer`);
        this.ledger.lamports.set(this.payer, 2n ** 62n);
    }

    async start(): Promise<void> {
        await this.explorer.start();
        await this.node.start();
        this.timer = setInterval(() => this.tick(), blockMs);
    }

    /** Nothing more happens, and what happened becomes final. */
    settle(): void {
        clearInterval(this.timer);
        for (let block = 0; block <= confirmations; block += 1) this.chain.mine();
    }

    async stop(): Promise<void> {
        clearInterval(this.timer);
        await this.explorer.stop();
        await this.node.stop();
    }

    /** Takes some blocks away; their transactions come back in part, in other blocks. */
    reorganise(): void {
        const gone = this.chain.reorganise(Math.min(deepest, this.chain.blocks.length - 1));
        this.reorganisations += 1;
        for (const { transactions } of gone) this.chain.mine(...transactions.filter(() => this.random() < 0.6));
    }

    private tick(): void {
        const transactions = Array.from({ length: Math.floor(this.random() * 4) }, () => this.transaction());
        this.chain.mine(...transactions);
        if (this.random() < 0.5) this.pay();
        const fault = faults[Math.floor(this.random() * faults.length)];
        if (this.random() < 0.02 && fault !== undefined) this.explorer.server.fail(fault);
        if (this.random() < 0.02 && fault !== undefined) this.node.server.fail(fault);
    }

    private pick(): string {
        const all = [...this.addresses, evmAddress(`${this.run} stranger`)];
        return all[Math.floor(this.random() * all.length)] ?? "";
    }

    private transaction(): FakeTransaction {
        this.serial += 1;
        const hash = evmHash(`${this.run} ${String(this.serial)}`);
        const contract = evmAddress(`${this.run} contract`);
        const token = (value: bigint) => ({
            contract,
            symbol: "TKN",
            decimals: "6",
            from: this.pick(),
            to: this.pick(),
            value,
        });
        const tokens = Array.from({ length: Math.floor(this.random() * 3) }, (_, n) => token(BigInt(n + 1)));
        const value = this.random() < 0.3 ? 0n : BigInt(this.serial);
        return { hash, from: this.pick(), to: this.pick(), value, failed: this.random() < 0.1, tokens };
    }

    private pay(): void {
        this.serial += 1;
        const signature = solanaSignature(`${this.run} ${String(this.serial)}`);
        const lamports = BigInt(this.serial);
        const instructions = [transferSol(this.payer, this.wallet, lamports)];
        this.ledger.record({ signature, accounts: [this.payer, this.wallet], instructions });
        this.payments.set(signature, lamports);
    }

    /** What the facts must show: address, transaction, block, place and amount of each transfer. */
    expected(): string[] {
        const ofEvm = this.chain.blocks
            .filter(({ number }) => number <= this.chain.tip - confirmations)
            .flatMap(({ hash: block, transactions }) =>
                transactions.flatMap((transaction) =>
                    this.addresses.flatMap((address) =>
                        sides(transaction, address).map(([index, amount]) =>
                            [address, transaction.hash, block, index, amount].join(" "),
                        ),
                    ),
                ),
            );
        const ofSolana = [...this.payments].map(
            ([signature, lamports]) => `${this.wallet} ${signature}  0 ${String(lamports)}`,
        );
        return [...ofEvm, ...ofSolana].sort();
    }
}

/** Place and amount of each transfer of a transaction to or from an address. */
function sides({ from, to, value, failed, tokens = [] }: FakeTransaction, address: string): [number, bigint][] {
    if (failed === true) return [];
    const coin: [number, bigint][] = value > 0n && [from, to].includes(address) ? [[0, value]] : [];
    const own = tokens.filter((token) => [token.from, token.to].includes(address));
    return [...coin, ...own.map((token, index): [number, bigint] => [index + 1, token.value])];
}

interface Standing {
    key: string;
    confirmed: number;
    removed: number;
}

/** What the facts say of each transfer of the run. */
const standing = (stack: TestStack, world: World): Promise<Standing[]> =>
    stack.rows<Standing>(
        `SELECT concatWithSeparator(' ', watched_address, transaction_hash, ifNull(block_hash, ''), toString(transfer_index), toString(amount)) AS key,
            countIf(status = 'confirmed') AS confirmed, countIf(status = 'removed') AS removed
         FROM trading.on_chain_transfers WHERE watched_address IN {addresses:Array(String)} GROUP BY key`,
        { addresses: [...world.addresses, world.wallet] },
    );

const stands = ({ confirmed, removed }: Standing): boolean => confirmed > removed;

async function differences(
    stack: TestStack,
    world: World,
): Promise<Pick<OnChainSoakReport, "transfers" | "lost" | "wrong" | "doubled" | "removed">> {
    const expected = new Set(world.expected());
    const facts = await standing(stack, world);
    const found = new Set(facts.filter(stands).map(({ key }) => key));
    return {
        transfers: expected.size,
        lost: [...expected].filter((key) => !found.has(key)).length,
        wrong: [...found].filter((key) => !expected.has(key)).length,
        doubled: facts.filter(({ confirmed, removed }) => confirmed - removed > 1 || removed > confirmed).length,
        removed: facts.reduce((sum, { removed }) => sum + removed, 0),
    };
}

function environment(stack: TestStack, { addresses, wallet, explorer, node }: World): Record<string, string> {
    return {
        KAFKA_BROKERS: stack.brokers,
        CLICKHOUSE_URL: stack.clickhouseUrl,
        ON_CHAIN_ADDRESSES: [...addresses.map((address) => `ethereum:${address}`), `solana:${wallet}`].join(","),
        ON_CHAIN_CONFIRMATIONS: String(confirmations),
        ON_CHAIN_REORG_BLOCKS: String(reorgBlocks),
        ON_CHAIN_POLL_INTERVAL_MS: "100",
        ETHERSCAN_URL: explorer.url,
        ETHERSCAN_API_KEY: "soak",
        ETHERSCAN_REQUESTS_PER_SECOND: "200",
        SOLANA_RPC_URL: node.url,
        SOLANA_REQUESTS_PER_SECOND: "200",
        HTTP_PRIVATE_ORIGINS: `${explorer.server.origin},${node.server.origin}`,
    };
}

/** Runs the soak on a stack, with a worker of its own. */
export async function onChainSoak(
    stack: TestStack,
    { kills, seed, say }: OnChainSoakOptions,
): Promise<OnChainSoakReport> {
    const began = Date.now();
    const random = seeded(seed);
    const world = new World(`soak-${String(seed)}-${String(began)}`, random);
    await world.start();
    const env = environment(stack, world);
    let worker = await WorkerProcess.start("on-chain", env);
    try {
        for (let n = 1; n <= kills; n += 1) {
            await worker.says(/"msg":"watching"/);
            await pause(random() * 3_000);
            if (n % 2 === 0) world.reorganise();
            await worker.kill9();
            say(`kill -9 ${String(n)} of ${String(kills)}: on-chain, ${String(world.reorganisations)} reorganisations`);
            // Now and then a reorganisation that no worker sees happen.
            if (n % 2 === 1) world.reorganise();
            worker = await WorkerProcess.start("on-chain", env);
        }
        await worker.says(/"msg":"watching"/);
        world.reorganise();
        await pause(1_000);
        world.settle();
        const same = async (): Promise<boolean> => {
            const { lost, wrong } = await differences(stack, world);
            return lost === 0 && wrong === 0;
        };
        await until("the facts are what the chains hold", same, settleMs).catch(() =>
            say("the facts differ in the end"),
        );
        const rawRows = await stack.rows<{ n: number }>(
            "SELECT count() AS n FROM facts.on_chain_transfers WHERE watched_address IN {addresses:Array(String)}",
            { addresses: [...world.addresses, world.wallet] },
        );
        const seconds = Math.round((Date.now() - began) / 1_000);
        const { reorganisations } = world;
        return { kills, reorganisations, ...(await differences(stack, world)), rawRows: rawRows[0]?.n ?? 0, seconds };
    } finally {
        await worker.stop();
        await world.stop();
    }
}
