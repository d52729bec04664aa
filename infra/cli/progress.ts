/** Between the engine's event stream (`pulumi up --json`) and the terminal: one line for each thing done, the errors without stack traces. */
import { z } from "zod";
import { withoutStackTrace } from "./trace";

const step = z.object({ metadata: z.object({ op: z.string(), urn: z.string(), type: z.string() }) });
const eventSchema = z.object({
    resourcePreEvent: step.optional(),
    resOutputsEvent: step.optional(),
    resOpFailedEvent: step.optional(),
    diagnosticEvent: z
        .object({
            urn: z.string().optional(),
            message: z.string(),
            severity: z.string(),
            ephemeral: z.boolean().optional(),
        })
        .optional(),
    summaryEvent: z.object({ resourceChanges: z.record(z.string(), z.number()).nullish() }).optional(),
});
type EngineEvent = z.infer<typeof eventSchema>;

/** How an operation reads while it runs, and when it is done. */
const wording: Record<string, readonly [doing: string, done: string]> = {
    create: ["creating", "created"],
    update: ["updating", "updated"],
    delete: ["deleting", "deleted"],
    replace: ["replacing", "replaced"],
    "create-replacement": ["creating again", "created again"],
    "delete-replaced": ["deleting the old", "deleted the old"],
    refresh: ["reading", "read"],
    import: ["importing", "imported"],
};

/** Characters of a cause that is repeated at the end: a server's message may quote a whole statement. */
const CAUSE_LENGTH = 400;

/** `urn:pulumi:dev::project::trading:clickhouse:Table::market_trades` -> `Table market_trades` */
export function shortName(urn: string): string {
    const [type = "", name = ""] = urn.split("::").slice(-2);
    return `${type.split(":").at(-1) ?? ""} ${name}`;
}

/** Follows one run of the engine. */
export class Progress {
    private readonly running = new Map<string, string>();
    private changes: Record<string, number> = {};
    private readonly errors: { text: string; ofResource: boolean }[] = [];

    /**
     * @param print receives each line to show
     * @param root the project's folder, for places in its sources
     */
    constructor(
        private readonly print: (line: string) => void,
        private readonly root: string,
    ) {}

    /** Takes one line of the CLI's output: an event, or text the CLI printed before there was an engine. */
    line(text: string): void {
        const event = parse(text);
        if (event === undefined) {
            this.saidByCli(text);
            return;
        }
        if (event.resourcePreEvent) this.began(event.resourcePreEvent.metadata);
        if (event.resOutputsEvent) this.ended(event.resOutputsEvent.metadata);
        if (event.resOpFailedEvent) this.failed(event.resOpFailedEvent.metadata);
        if (event.diagnosticEvent) this.said(event.diagnosticEvent);
        if (event.summaryEvent) this.changes = event.summaryEvent.resourceChanges ?? {};
    }

    /** What is being worked on now, for a sign of life; empty when nothing is. */
    waitingFor(): string {
        return [...this.running.values()].join(", ");
    }

    /** `3 created, 12 unchanged`, after the end; empty when the engine never got that far. */
    summary(): string {
        const parts = Object.entries(this.changes).map(
            ([op, count]) => `${String(count)} ${op === "same" ? "unchanged" : (wording[op]?.[1] ?? op)}`,
        );
        return parts.join(", ");
    }

    /** The first error in one sentence, that of a resource before the engine's own (`update failed`); empty where there was none. */
    cause(): string {
        const { text = "" } = this.errors.find(({ ofResource }) => ofResource) ?? this.errors[0] ?? {};
        const [first = "", ...others] = text.split("\n").filter((line) => !line.startsWith("Running program "));
        const place = others.find((line) => line.startsWith("  at ")) ?? "";
        const sentence = `${first.replace(/^error: /, "")}${place.replace("  ", " ")}`;
        return sentence.length > CAUSE_LENGTH ? `${sentence.slice(0, CAUSE_LENGTH)}…` : sentence;
    }

    private saidByCli(text: string): void {
        const shown = withoutStackTrace(text, this.root);
        if (shown === "") return;
        if (shown.startsWith("error: ")) this.errors.push({ text: shown, ofResource: false });
        this.print(shown);
    }

    private began({ op, urn, type }: { op: string; urn: string; type: string }): void {
        const words = wording[op];
        if (words !== undefined && type !== "pulumi:pulumi:Stack")
            this.running.set(urn, `${words[0]} ${shortName(urn)}`);
    }

    private ended({ op, urn }: { op: string; urn: string }): void {
        if (this.running.delete(urn)) this.print(`${wording[op]?.[1] ?? op} ${shortName(urn)}`);
    }

    private failed({ urn }: { urn: string }): void {
        const what = this.running.get(urn) ?? shortName(urn);
        this.running.delete(urn);
        this.print(`FAILED ${what}`);
    }

    private said({ urn, message, severity, ephemeral }: NonNullable<EngineEvent["diagnosticEvent"]>): void {
        const shown = withoutStackTrace(message, this.root);
        if (severity === "debug" || ephemeral === true || shown === "") return;
        const level = severity.startsWith("info") ? "" : `${severity}: `;
        const about =
            urn === undefined || urn === "" || urn.includes("pulumi:pulumi:Stack::") ? "" : `${shortName(urn)}: `;
        if (severity === "error") this.errors.push({ text: `${about}${shown}`, ofResource: about !== "" });
        this.print(`${level}${about}${shown}`);
    }
}

function parse(text: string): EngineEvent | undefined {
    if (!text.startsWith("{")) return undefined;
    try {
        return eventSchema.safeParse(JSON.parse(text)).data;
    } catch {
        return undefined;
    }
}
