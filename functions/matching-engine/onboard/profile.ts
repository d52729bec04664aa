// What a mapping makes of a sample, counted: everything a person has to know before a feed goes live. Nothing is sent.
import { facts as catalogueFacts, type Declaration } from "../../../schema";
import { compile, FieldError } from "../mapping/expression";
import { type Mapping } from "../mapping/load";
import { type MappedEvent, Mapper, type Problem } from "../mapping/mapper";
import { UnreadableError } from "../formats/json";
import { type Reader } from "../formats/reader";
import { parsePath, type Path, type Scope, show, type Tree, valueAt } from "../record";
import { SequenceWatch } from "../sequence";
import { FieldCensus, type UnmappedField } from "./fields";

/** Facts a trading venue's own systems are asked for. */
const ownFacts = ["user_orders", "user_trades", "order_book_ticks", "user_deposits", "user_withdrawals"];

/** Something that happened several times, with the first line it happened on. */
export interface Occurrence {
    readonly what: string;
    count: number;
    readonly line: number;
}

/** How often a mapped column that may be absent was. */
export interface Nulls {
    readonly column: string;
    readonly nulls: number;
}

/** What would come of a fact. */
export interface FactProfile {
    readonly fact: string;
    readonly events: number;
    /** Events whose identity had come before. */
    readonly duplicates: number;
    readonly nulls: readonly Nulls[];
    /** Optional columns the mapping does not fill. */
    readonly unfilled: readonly string[];
    readonly firstTime: string | undefined;
    readonly lastTime: string | undefined;
    /** Events that are older than the fact keeps them: they would be set aside as late. */
    readonly late: number;
}

/** Event time against the time the source sent the record, milliseconds; positive: sent after it happened. */
export interface ClockProfile {
    readonly records: number;
    readonly min: number;
    readonly median: number;
    readonly max: number;
}

/** A range of numbers that are missing in the source's own counter. */
export interface Gap {
    readonly within: string;
    readonly first: string;
    readonly last: string;
    readonly line: number;
}

/** What the sample shows. */
export interface Profile {
    readonly records: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly unreadable: readonly Occurrence[];
    readonly unmatched: readonly Occurrence[];
    readonly refused: readonly (Occurrence & { readonly fact: string })[];
    readonly unmappedWords: readonly Occurrence[];
    readonly unmappedFields: readonly UnmappedField[];
    readonly facts: readonly FactProfile[];
    /** Facts the mapping names that got no event. */
    readonly empty: readonly string[];
    /** Facts of a venue the mapping does not name. */
    readonly unnamed: readonly string[];
    readonly gaps: readonly Gap[];
    readonly repeated: readonly Occurrence[];
    readonly counted: boolean;
    readonly clock: ClockProfile | undefined;
    /** Records whose event time is before that of the record before, and by how many milliseconds at most. */
    readonly backwards: { readonly records: number; readonly most: number };
    /** Halves of pairs whose other half is not in the sample. */
    readonly lonely: number;
}

class Tally {
    private readonly found = new Map<string, Occurrence>();

    add(what: string, line: number): void {
        const known = this.found.get(what);
        if (known === undefined) this.found.set(what, { what, count: 1, line });
        else known.count += 1;
    }

    get list(): Occurrence[] {
        return [...this.found.values()].sort((a, b) => b.count - a.count || a.line - b.line);
    }
}

/** Reasons without the values in them, so that the same fault counts as one. */
const withoutValue = (reason: string): string => reason.replaceAll(/, found (?:"(?:[^"\\]|\\.)*"|[^;,]*)/g, "");

class FactTally {
    private readonly ids = new Set<string>();
    private readonly nulls = new Map<string, number>();
    private events = 0;
    private late = 0;
    private first: string | undefined;
    private last: string | undefined;

    constructor(
        private readonly declaration: Declaration,
        private readonly filled: ReadonlySet<string>,
        private readonly now: number,
    ) {}

    add({ event }: MappedEvent): void {
        const { event_time: time, event_id: id } = event;
        this.events += 1;
        this.ids.add(id);
        for (const column of this.filled) {
            if (this.declaration.columns[column]?.optional !== true) continue;
            this.nulls.set(column, (this.nulls.get(column) ?? 0) + ((event[column] ?? null) === null ? 1 : 0));
        }
        if (this.first === undefined || time < this.first) this.first = time;
        if (this.last === undefined || time > this.last) this.last = time;
        const { retentionDays } = this.declaration;
        if (retentionDays !== undefined && Date.parse(time) < this.now - retentionDays * 86_400_000) this.late += 1;
    }

    profile(): FactProfile {
        const { declaration, events, ids, nulls, late, first, last } = this;
        const automatic = new Set(["source_seq", "run_id", "original_time"]);
        const unfilled = Object.entries(declaration.columns).flatMap(([column, { optional }]) =>
            optional && !this.filled.has(column) && !automatic.has(column) ? [column] : [],
        );
        return {
            ...{ fact: declaration.name, events, duplicates: events - ids.size, late, unfilled },
            nulls: [...nulls].map(([column, count]) => ({ column, nulls: count })),
            ...{ firstTime: first, lastTime: last },
        };
    }
}

function median(sorted: readonly number[]): number {
    return sorted[sorted.length >> 1] ?? 0;
}

/** Takes records one by one. */
class Profiler {
    private readonly mapper: Mapper;
    private readonly sequence: SequenceWatch;
    private readonly census: FieldCensus;
    private readonly outcomes: Record<string, number> = {};
    private readonly unreadable = new Tally();
    private readonly unmatched = new Tally();
    private readonly words = new Tally();
    private readonly repeated = new Tally();
    private readonly refused = new Map<string, Tally>();
    private readonly facts = new Map<string, FactTally>();
    private readonly gaps: Gap[] = [];
    private readonly skews: number[] = [];
    private readonly backwards = { records: 0, most: 0 };
    private readonly clock: ((scope: Scope) => unknown) | undefined;
    /** Fields the rules' conditions look at. */
    private readonly asked: readonly Path[];
    private before = -Infinity;
    private records = 0;

    constructor(
        private readonly mapping: Mapping,
        now: number,
    ) {
        this.mapper = new Mapper(mapping);
        this.sequence = new SequenceWatch(mapping.sequence);
        this.census = new FieldCensus(mapping);
        this.clock = mapping.clock && compile(mapping.clock);
        const conditions = [mapping.ignore, ...mapping.rules.map(({ when }) => when)].flatMap((each) => each ?? []);
        this.asked = [...new Set(conditions.flatMap((tests) => Object.keys(tests)))].map(parsePath);
        for (const { declaration } of mapping.rules) {
            const filled = mapping.rules
                .filter((rule) => rule.declaration === declaration)
                .flatMap(({ set, common }) => [...Object.keys(set), ...Object.keys(common)]);
            this.facts.set(declaration.name, new FactTally(declaration, new Set(filled), now));
        }
    }

    fail(error: UnreadableError, line: number): void {
        this.count("malformed");
        this.unreadable.add(error.message, line);
    }

    skip(): void {
        this.count("ignored");
    }

    take(record: Tree, housekeeping: boolean, line: number): void {
        this.watch({ root: record, item: record }, line);
        if (housekeeping) {
            this.skip();
            return;
        }
        const mapped = this.mapper.map(record, { partition: "sample", resume: "", at: `line ${String(line)}` });
        this.count(mapped.outcome);
        if (mapped.outcome !== "ignored") this.census.add(record);
        if (mapped.outcome === "unmatched") this.unmatched.add(this.outline(record), line);
        else for (const problem of mapped.problems) this.refuse(problem, line);
        for (const event of mapped.events) this.facts.get(event.declaration.name)?.add(event);
        this.time(record, mapped.events);
    }

    profile(): Profile {
        const facts = [...this.facts.values()].map((fact) => fact.profile());
        const sorted = this.skews.toSorted((a, b) => a - b);
        const named = new Set(facts.map(({ fact }) => fact));
        return {
            ...{ records: this.records, outcomes: this.outcomes, facts, gaps: this.gaps, backwards: this.backwards },
            ...{ unreadable: this.unreadable.list, unmatched: this.unmatched.list, repeated: this.repeated.list },
            refused: [...this.refused].flatMap(([fact, tally]) => tally.list.map((each) => ({ ...each, fact }))),
            unmappedWords: this.words.list,
            unmappedFields: this.census.unmapped,
            empty: facts.filter(({ events }) => events === 0).map(({ fact }) => fact),
            unnamed: ownFacts.filter((fact) => !named.has(fact) && catalogueFacts.some(({ name }) => name === fact)),
            counted: this.mapping.sequence !== undefined,
            clock:
                sorted.length === 0
                    ? undefined
                    : { records: sorted.length, min: sorted[0] ?? 0, median: median(sorted), max: sorted.at(-1) ?? 0 },
            lonely: this.mapper.waiting,
        };
    }

    private count(outcome: string): void {
        this.records += 1;
        this.outcomes[outcome] = (this.outcomes[outcome] ?? 0) + 1;
    }

    private watch(scope: Scope, line: number): void {
        const seen = this.sequence.see(scope);
        if (seen?.is === "gap")
            this.gaps.push({ within: seen.within, first: String(seen.first), last: String(seen.last), line });
        if (seen?.is === "repeated")
            this.repeated.add(`${seen.within === "" ? "" : `${seen.within}: `}${String(seen.number)}`, line);
    }

    private refuse({ fact = "", reason, words }: Problem, line: number): void {
        for (const { field, word } of words) this.words.add(`${field}: ${show(word)}`, line);
        const tally = this.refused.get(fact) ?? new Tally();
        this.refused.set(fact, tally);
        tally.add(withoutValue(reason), line);
    }

    /** A record no rule matches, by what the rules ask for. */
    private outline(record: Tree): string {
        const asked = this.asked.map((path) => `${path.text} ${show(valueAt({ root: record, item: record }, path))}`);
        return asked.length === 0 ? `fields ${Object.keys(record).slice(0, 6).join(", ")}` : asked.join(", ");
    }

    private time(record: Tree, events: readonly MappedEvent[]): void {
        const happened = events.map(({ event }) => Date.parse(event.event_time)).filter((ms) => !Number.isNaN(ms));
        const [ms] = happened;
        if (ms === undefined) return;
        if (ms < this.before) {
            this.backwards.records += 1;
            this.backwards.most = Math.max(this.backwards.most, this.before - ms);
        }
        this.before = Math.max(this.before, ms);
        const sent = this.sentAt(record);
        if (sent !== undefined) this.skews.push(sent - ms);
    }

    private sentAt(record: Tree): number | undefined {
        try {
            const sent = this.clock?.({ root: record, item: record });
            return typeof sent === "string" ? Date.parse(sent) : undefined;
        } catch (error) {
            if (!(error instanceof FieldError)) throw error;
            return undefined;
        }
    }
}

/** A message of a sample, with its line. */
export interface Message {
    readonly value: Buffer;
    readonly number: number;
}

/**
 * Profiles a sample.
 * @param messages in order
 * @param now epoch milliseconds, to tell what is too old for the facts
 * @throws RegistryAwayError where the format needs a schema registry that does not answer
 */
export async function profileSample(
    mapping: Mapping,
    reader: Reader,
    messages: readonly Message[],
    now: number,
): Promise<Profile> {
    const profiler = new Profiler(mapping, now);
    for (const { value, number } of messages) {
        try {
            const reading = await reader(value);
            if (reading === undefined) profiler.skip();
            else profiler.take(reading.record, reading.housekeeping, number);
        } catch (error) {
            if (!(error instanceof UnreadableError)) throw error;
            profiler.fail(error, number);
        }
    }
    return profiler.profile();
}
