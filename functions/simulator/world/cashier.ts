// Money and tokens in and out: the states of each deposit and withdrawal, what they do to balances, and their transfers on chain.
import { onChainTransfers } from "../../../schema/facts/onChainTransfers";
import { userDeposits } from "../../../schema/facts/userDeposits";
import { userWithdrawals } from "../../../schema/facts/userWithdrawals";
import { fixed } from "../core/decimals";
import { type Body, type Journal } from "../core/journal";
import { type Draw } from "../core/random";
import { type Play, type Schedule } from "../core/schedule";
import { minute, second } from "../core/time";
import { available, credit, quoteIndex } from "../venue/accounts";
import { instruments, quoteAsset, quoteDecimals } from "../venue/instruments";
import { type Holder } from "./people";
import { type Place } from "./places";

/** How long the states of a movement last. */
const durations = {
    confirmation: [30 * second, 4 * minute],
    approval: [3 * second, 60 * second],
    sending: [10 * second, 3 * minute],
} as const;
/** Share of withdrawals that the network refuses. */
const failures = 0.004;
/** Withdrawal fee in millionths of the amount. */
const feeRate = 200;

/** An asset as the cashier sees it. */
interface Asset {
    readonly name: string;
    readonly decimals: number;
    readonly chain: string;
    readonly chainDecimals: number;
}

const quote: Asset = { name: quoteAsset, decimals: quoteDecimals, chain: "ethereum", chainDecimals: 6 };
const tokens: readonly Asset[] = instruments.map(({ base, lotDecimals, chain, chainDecimals }) => ({
    name: base,
    decimals: lotDecimals,
    chain,
    chainDecimals,
}));

/** Seconds a block takes, and where the count began. */
const blockSeconds = { ethereum: 12, solana: 0.4 } as const;
const genesis = 1_438_269_973;

/** What somebody asks the cashier to send. */
export interface WithdrawalRequest {
    /** Index of the asset in a wallet. */
    readonly asset: number;
    /** In the asset's smallest unit here. */
    readonly amount: number;
    /** Destination; the holder's own address when left out. */
    readonly address?: string;
    readonly place: Place;
    readonly session?: string;
}

/** The venue's cashier. */
export class Cashier {
    /** The venue's own wallets, by chain. */
    readonly hotWallets: Readonly<Record<string, string>>;
    private deposits = 0;
    private withdrawals = 0;

    constructor(
        private readonly schedule: Schedule,
        private readonly journal: Journal,
        private readonly draw: Draw,
    ) {
        this.hotWallets = { ethereum: `0x${draw.hex(40)}`, solana: `SimHot${draw.hex(32)}` };
    }

    /** The chain an asset is moved on. */
    chain(asset: number): string {
        return this.asset(asset).chain;
    }

    /** Money on its way in from an address; the account has it when it is credited, microseconds from now as returned. */
    deposit(holder: Holder, asset: number, amount: number, from: string): number {
        const id = `d${String(++this.deposits)}`;
        const { chain } = this.asset(asset);
        const to = holder.depositAddress[chain] ?? "";
        const hash = this.transfer(asset, amount, from, to, to);
        const pause = Math.round(this.draw.between(durations.confirmation));
        const write = (state: Body<typeof userDeposits>["state"]): void => {
            this.journal.add(userDeposits, {
                deposit_id: id,
                state,
                user_id: holder.id,
                account_id: holder.account.id,
                asset: this.asset(asset).name,
                amount: this.text(asset, amount),
                network: chain,
                address: to,
                transaction_hash: hash,
                balance_after: this.text(asset, holder.account.total[asset] ?? 0),
            });
        };
        write("detected");
        this.schedule.after(pause, () => write("confirmed"));
        this.schedule.after(pause + second, () => {
            credit(holder.account, asset, amount);
            write("credited");
        });
        return pause + second;
    }

    /** Sends money out. False, and nothing happens, when the account has less than amount and fee. */
    withdraw(holder: Holder, request: WithdrawalRequest): boolean {
        const { asset, amount } = request;
        const fee = Math.max(1, Math.floor(amount / 1_000_000) * feeRate);
        if (amount <= 0 || amount + fee > available(holder.account, asset)) return false;
        credit(holder.account, asset, -(amount + fee));
        this.schedule.start(this.process(holder, request, fee));
        return true;
    }

    /** The most that can be withdrawn of an asset, fee paid. */
    most(holder: Holder, asset: number): number {
        const all = Math.floor(available(holder.account, asset));
        return Math.max(0, all - Math.max(1, Math.ceil(all / 1_000_000) * feeRate));
    }

    private *process(holder: Holder, request: WithdrawalRequest, fee: number): Play {
        const { asset, amount, place, session } = request;
        const { chain } = this.asset(asset);
        const address = request.address ?? holder.ownAddress[chain] ?? "";
        const id = `w${String(++this.withdrawals)}`;
        const write = (state: Body<typeof userWithdrawals>["state"], hash: string | null): void => {
            this.journal.add(userWithdrawals, {
                withdrawal_id: id,
                state,
                user_id: holder.id,
                account_id: holder.account.id,
                asset: this.asset(asset).name,
                amount: this.text(asset, amount),
                fee: this.text(asset, fee),
                network: chain,
                address,
                transaction_hash: hash,
                ip: place.ip,
                session_id: session ?? null,
                balance_after: this.text(asset, holder.account.total[asset] ?? 0),
            });
        };
        write("requested", null);
        yield this.draw.between(durations.approval);
        write("approved", null);
        yield this.draw.between(durations.sending);
        if (this.draw.chance(failures)) {
            credit(holder.account, asset, amount + fee);
            write("failed", null);
            return;
        }
        const wallet = this.hotWallets[chain] ?? "";
        write("sent", this.transfer(asset, amount, wallet, address, wallet));
    }

    /** Writes a transfer and returns its hash; `watched` is the end of it that is ours. */
    private transfer(asset: number, amount: number, from: string, to: string, watched: string): string {
        const { name, decimals, chain, chainDecimals } = this.asset(asset);
        const hash = `0x${this.draw.hex(64)}`;
        const perBlock = chain === "solana" ? blockSeconds.solana : blockSeconds.ethereum;
        const block = Math.floor((this.schedule.now / second - genesis) / perBlock);
        this.journal.add(onChainTransfers, {
            chain,
            transaction_hash: hash,
            transfer_index: "0",
            status: "confirmed",
            block_number: String(block),
            block_hash: `0x${this.draw.hex(64)}`,
            token: name,
            contract_address: null,
            decimals: String(chainDecimals),
            from_address: from,
            to_address: to,
            amount: String(BigInt(amount) * 10n ** BigInt(chainDecimals - decimals)),
            watched_address: watched,
        });
        return hash;
    }

    private asset(index: number): Asset {
        return index === quoteIndex ? quote : (tokens[index] ?? quote);
    }

    private text(asset: number, units: number): string {
        return fixed(units, this.asset(asset).decimals);
    }
}
