// The simulated venue with all that is in it and around it, ready to be set going.
import { type Journal } from "../core/journal";
import { Draw } from "../core/random";
import { type Schedule } from "../core/schedule";
import { day } from "../core/time";
import { type Account, credit, openAccount, quoteIndex } from "../venue/accounts";
import { BookFeed } from "../venue/bookFeed";
import { type Counters, Desk } from "../venue/desk";
import {
    type Instrument,
    instruments,
    lotsWorth,
    quoteDecimals,
    referenceVenue,
    venueName,
} from "../venue/instruments";
import { PriceProcess } from "../venue/prices";
import { Tape, Ticker } from "../venue/tape";
import { arbitrage } from "./arbitrage";
import { Cashier } from "./cashier";
import { life } from "./life";
import { Maker, makerStyles } from "./makers";
import { type Person, population, type Span } from "./people";
import { Press } from "./press";
import { Register } from "./register";
import { Web } from "./web";

/** What makers and the arbitrage bot have, in quote units: of each asset. */
const houseFunds = 200_000_000 * 10 ** quoteDecimals;

export interface WorldOptions {
    readonly seed: number;
    readonly accounts: number;
    /** Keeps the ids of different runs apart. */
    readonly tag: string;
    readonly span: Span;
    /** Whether posts come with scores. */
    readonly scores: boolean;
}

interface Market {
    readonly desk: Desk;
    readonly price: PriceProcess;
}

/** The world of a run. */
export class World {
    readonly draw: Draw;
    readonly span: Span;
    readonly web: Web;
    readonly cashier: Cashier;
    readonly press: Press;
    readonly register: Register;
    readonly people: readonly Person[];
    readonly makers: readonly Account[];
    readonly arbitrageur: Account;
    /** People who follow a script just now, and nothing else. */
    readonly busy = new Set<Person>();
    private readonly markets: readonly Market[];

    constructor(
        options: WorldOptions,
        readonly schedule: Schedule,
        private readonly journal: Journal,
    ) {
        const { seed, accounts, tag, span, scores } = options;
        this.draw = new Draw(seed, "world");
        this.span = span;
        this.web = new Web(journal, this.draw.fork("web"));
        this.cashier = new Cashier(schedule, journal, this.draw.fork("cashier"));
        this.press = new Press(schedule, journal, this.draw.fork("press"), scores);
        this.register = new Register(schedule, journal);
        this.people = population(accounts, tag, span, this.draw.fork("people"));
        const counters = { order: 0, trade: 0 };
        this.markets = instruments.map((instrument) => this.market(instrument, counters));
        this.makers = makerStyles.map((_, index) => house(`m-${tag}-${String(index + 1)}`, index));
        this.arbitrageur = house(`x-${tag}-1`, makerStyles.length);
    }

    /** The desk of an instrument. */
    desk(instrument: Instrument): Desk {
        return this.at(instrument).desk;
    }

    /** The price of an instrument. */
    price(instrument: Instrument): PriceProcess {
        return this.at(instrument).price;
    }

    /** Puts everything on the agenda that goes on by itself. */
    begin(): void {
        const { schedule, register, span } = this;
        const genesis = Math.min(span.historyStart, ...this.people.map(({ createdAt }) => createdAt)) - day;
        schedule.now = genesis;
        register.venue(this.cashier.hotWallets);
        for (const maker of this.makers) register.classify(maker, "maker", "market-making agreement");
        register.classify(this.arbitrageur, "arbitrage", "known arbitrage desk");
        for (const person of this.people) {
            schedule.start(life(this, person), person.createdAt);
            if (person.relative !== undefined) this.linkLater(person, person.relative);
        }
        for (const instrument of instruments) this.open(instrument);
    }

    /** Two accounts are linked as soon as there are both. */
    private linkLater(one: Person, { person, same }: NonNullable<Person["relative"]>): void {
        const when = Math.max(one.createdAt, person.createdAt);
        const link = (): void =>
            this.register.link(one.account, person.account, same ? "same_device" : "same_ip", same ? "0.900" : "0.500");
        this.schedule.after(when - this.schedule.now, link);
    }

    private at({ index }: Instrument): Market {
        const market = this.markets[index];
        if (market === undefined) throw new RangeError(`simulator: no market ${String(index)}`);
        return market;
    }

    private market(instrument: Instrument, counters: Counters): Market {
        const { schedule, journal } = this;
        const desk = new Desk(instrument, counters, schedule, journal);
        const [own, outside] = [venueName, referenceVenue].map(
            (venue) => new Ticker(venue, instrument, schedule, journal),
        );
        if (own === undefined || outside === undefined) throw new RangeError("simulator: a ticker is missing");
        const price = new PriceProcess(instrument, this.draw.fork(`price ${instrument.symbol}`), outside);
        const feed = new BookFeed(desk, schedule, journal);
        for (const observer of [price, feed, new Tape(instrument, journal, own)]) desk.follow(observer);
        const { start, historyStart } = this.span;
        for (const play of [price.walk(), own.publish(), outside.publish()]) schedule.start(play, start);
        schedule.start(feed.snapshots(), start);
        schedule.start(this.press.murmur(instrument), Math.max(historyStart, start - murmurPast));
        return { desk, price };
    }

    private open(instrument: Instrument): void {
        const { schedule, span, draw } = this;
        const { desk, price } = this.at(instrument);
        makerStyles.forEach((style, index) => {
            const account = this.makers[index];
            if (account === undefined) return;
            const maker = new Maker(
                account,
                style,
                desk,
                price,
                draw.fork(`maker ${String(index)} ${instrument.symbol}`),
            );
            schedule.start(maker.quote(), span.start);
        });
        const own = draw.fork(`arbitrage ${instrument.symbol}`);
        schedule.start(arbitrage(this.arbitrageur, desk, price, own), span.start);
    }
}

/** Posts are recorded this long before the run: a week, for its rhythm, and a day. */
const murmurPast = 8 * day;

/** An account with means beyond anything it needs. */
function house(id: string, group: number): Account {
    const account = openAccount({
        id,
        userId: `u-${id}`,
        group: -1 - group,
        prevention: "cancel_oldest",
        feeTier: "maker",
    });
    credit(account, quoteIndex, houseFunds);
    for (const instrument of instruments)
        credit(account, instrument.index, lotsWorth(instrument, houseFunds / 10, instrument.openingPrice));
    return account;
}
