// What a scenario is, and the stage it is played on: its own draws, its cast, and its label.
import { scenarioLabels } from "../../../schema/facts/scenarioLabels";
import { type Body, type Journal } from "../core/journal";
import { type Draw, type Range } from "../core/random";
import { type Play } from "../core/schedule";
import { iso, minute } from "../core/time";
import { available, quoteIndex } from "../venue/accounts";
import { type Desk } from "../venue/desk";
import { type Instrument, instruments, quoteDecimals } from "../venue/instruments";
import { type Person } from "../world/people";
import { type World } from "../world/world";

/** Something that a rule should find, or, as a decoy, leave alone. */
export interface Scenario {
    /** As in scenario_labels. */
    readonly name: string;
    /** What people call it who do not know the name. */
    readonly alias?: string;
    readonly class: "scenario" | "decoy";
    /** One line for people. */
    readonly summary: string;
    /** Minutes it may take at most; none begins later than this before the end. */
    readonly minutes: number;
    /** Instances in a run at most, unless more are asked for by name. */
    readonly atMost?: number;
    /** Plays one instance: draws its sizes, times and counts from ranges, and names on the stage whom it concerns. */
    readonly play: (stage: Stage) => Play;
}

/** Nobody, or no token, fits the part. */
export class CastingError extends Error {
    override readonly name = "CastingError";
}

/** Who is wanted. */
export interface Part {
    /** Least cash, in quote units. */
    readonly cash?: number;
    /** Least value of what he has of a token, in quote units, and which. */
    readonly holds?: { readonly instrument: Instrument; readonly value: number };
    readonly fits?: (person: Person) => boolean;
}

type EntityKind = Body<typeof scenarioLabels>["entity_kind"];

const million = 10 ** quoteDecimals;
/** A new account's first days look like many a scenario. */
const settledDays = 3 * 1_440 * minute;
const auditions = 3_000;
/** Of somebody who first came less than a day ago, rules cannot say what is unusual (known_hours of new_ip_withdrawal). */
const acquainted = 25 * 60 * minute;

/** After a scenario a token rests before the next, so that what rules look back on is not the last one. */
const tokenRest = 40 * minute;

/** Who is in a scenario of the run: people play once, tokens one at a time, so that labels never mix. */
export class Cast {
    readonly people = new Set<Person>();
    /** When the scenario each token is in is over at the latest. */
    readonly tokens = new Map<Instrument, number>();
}

/** The stage of one instance. */
export class Stage {
    private readonly entities = new Map<string, EntityKind>();
    private readonly begun: number;
    private readonly playing: Person[] = [];

    constructor(
        readonly id: string,
        readonly scenario: Scenario,
        readonly world: World,
        readonly draw: Draw,
        private readonly cast: Cast,
        private readonly journal: Journal,
        /** Somebody is watching: pauses are as short as their ranges allow, and people are known for a while. */
        private readonly brisk = false,
    ) {
        this.begun = world.schedule.now;
    }

    /** A person nobody has seen in a scenario yet; he does nothing else until this one ends. */
    person({ cash = 0, holds, fits = () => true }: Part = {}): Person {
        const { people, span } = this.world;
        for (let n = 0; n < auditions; n++) {
            const person = this.draw.pick(people);
            if (this.cast.people.has(person) || person.dormant || person.createdAt > span.start - settledDays) continue;
            if (this.brisk && person.firstVisit > this.begun - acquainted) continue;
            if (available(person.account, quoteIndex) < cash * million || !fits(person)) continue;
            if (holds !== undefined && this.value(person, holds.instrument) < holds.value * million) continue;
            return this.engage(person);
        }
        throw new CastingError(`nobody fits the part; more accounts have more kinds of people`);
    }

    /** Somebody who stayed away for long. */
    dormant(): Person {
        const asleep = this.world.people.filter((person) => person.dormant && !this.cast.people.has(person));
        if (asleep.length === 0) throw new CastingError(`nobody is dormant; more accounts have more of them`);
        return this.engage(this.draw.pick(asleep));
    }

    /** A token that is in no other scenario about tokens. */
    token(fits: (instrument: Instrument) => boolean = () => true): Instrument {
        const free = this.free(tokenRest).filter(fits);
        if (free.length === 0) throw new CastingError(`every token that fits is in another scenario`);
        const token = this.draw.pick(free);
        this.reserve(token);
        return token;
    }

    /** All tokens that are in no other scenario about tokens just now. */
    tokens(): readonly Instrument[] {
        const free = this.free(0);
        for (const token of free) this.reserve(token);
        return free;
    }

    /** Where an instrument is traded. */
    desk(instrument: Instrument): Desk {
        return this.world.desk(instrument);
    }

    /** What a person has free of a token, in quote millionths. */
    value(person: Person, instrument: Instrument): number {
        return available(person.account, instrument.index) * this.world.price(instrument).fair * instrument.unit;
    }

    /** A pause drawn from a range of microseconds. */
    pause(range: Range): number {
        return Math.round(this.brisk ? range[0] : this.draw.scale(range));
    }

    /** Names people in the label, as users and as accounts; two of them also as a pair. */
    concerns(...people: Person[]): void {
        for (const { id, account } of people) {
            this.entities.set(id, "user");
            this.entities.set(account.id, "account");
        }
    }

    /** Names two accounts as a pair: their ids in order, with | between. */
    concernsPair(one: Person, other: Person): void {
        this.concerns(one, other);
        this.entities.set([one.account.id, other.account.id].sort().join("|"), "pair");
    }

    /** Names a token in the label. */
    concernsToken({ base }: Instrument): void {
        this.entities.set(base, "token");
    }

    /** Names an account that is no person's. */
    concernsAccount(id: string): void {
        this.entities.set(id, "account");
    }

    /** Plays the scenario to its end, then writes its label; in any case lets everybody go. */
    *perform(): Play {
        try {
            yield* this.scenario.play(this);
        } finally {
            for (const person of this.playing) this.world.busy.delete(person);
        }
        this.label();
    }

    private label(): void {
        for (const [entity_id, entity_kind] of this.entities)
            this.journal.add(scenarioLabels, {
                scenario_id: this.id,
                scenario: this.scenario.name,
                class: this.scenario.class,
                entity_kind,
                entity_id,
                started_at: iso(this.begun),
                ended_at: iso(this.world.schedule.now),
            });
    }

    private free(rest: number): Instrument[] {
        const { now } = this.world.schedule;
        return instruments.filter((token) => (this.cast.tokens.get(token) ?? 0) + rest <= now);
    }

    private reserve(token: Instrument): void {
        this.cast.tokens.set(token, this.world.schedule.now + this.scenario.minutes * minute);
    }

    private engage(person: Person): Person {
        this.cast.people.add(person);
        this.world.busy.add(person);
        this.playing.push(person);
        return person;
    }
}
