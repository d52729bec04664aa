// Reference data of the simulated venue: what is traded, on what terms, by whom.
import { accountClasses } from "../../../schema/references/accountClasses";
import { accountLinks } from "../../../schema/references/accountLinks";
import { addresses } from "../../../schema/references/addresses";
import { fees } from "../../../schema/references/fees";
import { instruments as instrumentReference } from "../../../schema/references/instruments";
import { limits } from "../../../schema/references/limits";
import { users } from "../../../schema/references/users";
import { fixed } from "../core/decimals";
import { type Body, type Journal } from "../core/journal";
import { type Schedule } from "../core/schedule";
import { iso } from "../core/time";
import { type Account } from "../venue/accounts";
import { feeTiers, reportingThreshold, tierLimits } from "../venue/fees";
import { type Instrument, instruments, quoteAsset, venueName } from "../venue/instruments";
import { type Person } from "./people";

/** Writes reference data, as of the moment it is written. */
export class Register {
    constructor(
        private readonly schedule: Schedule,
        private readonly journal: Journal,
    ) {}

    /** What holds for the venue as a whole. */
    venue(hotWallets: Readonly<Record<string, string>>): void {
        for (const instrument of instruments) this.instrument(instrument);
        for (const [tier, { maker, taker }] of Object.entries(feeTiers))
            this.journal.add(fees, {
                venue: venueName,
                symbol: "*",
                tier,
                maker_rate: fixed(maker, 6),
                taker_rate: fixed(taker, 6),
            });
        for (const [tier, { daily, single }] of Object.entries(tierLimits))
            this.journal.add(limits, {
                kyc_tier: tier,
                currency: quoteAsset,
                daily_withdrawal: daily === undefined ? null : String(daily),
                single_withdrawal: single === undefined ? null : String(single),
                daily_deposit: null,
                reporting_threshold: String(reportingThreshold),
            });
        for (const [chain, address] of Object.entries(hotWallets)) this.address(chain, address, "hot_wallet", null);
    }

    /** Somebody signs up. */
    person(person: Person): void {
        this.journal.add(users, {
            user_id: person.id,
            status: "active",
            kyc_tier: person.tier,
            country: person.home.city.country,
            created_at: iso(person.createdAt),
        });
        for (const [chain, address] of Object.entries(person.depositAddress))
            this.address(chain, address, "deposit", person.id);
    }

    /** Two accounts are found to belong together. */
    link(one: Account, other: Account, reason: Body<typeof accountLinks>["reason"], confidence: string): void {
        const [account_id = "", linked_account_id = ""] = [one.id, other.id].sort();
        this.journal.add(accountLinks, { account_id, linked_account_id, reason, confidence, active: true });
    }

    /** An account is treated on its own terms. */
    classify(account: Account, kind: Body<typeof accountClasses>["class"], reason: string): void {
        this.journal.add(accountClasses, {
            account_id: account.id,
            class: kind,
            reason,
            approved_by: "simulator",
            expires_at: null,
        });
    }

    private instrument({ symbol, base, tickDecimals, lotDecimals }: Instrument): void {
        this.journal.add(instrumentReference, {
            venue: venueName,
            symbol,
            base_asset: base,
            quote_asset: quoteAsset,
            tick_size: fixed(1, tickDecimals),
            lot_size: fixed(1, lotDecimals),
            status: "trading",
            listed_at: iso(this.schedule.now),
            halted_at: null,
        });
    }

    private address(chain: string, address: string, role: Body<typeof addresses>["role"], user: string | null): void {
        this.journal.add(addresses, { chain, address, role, user_id: user, name: null, active: true });
    }
}
