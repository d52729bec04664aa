/** Between the engine's event stream (`pulumi up --json`) and the terminal: one line for each thing done, the errors without stack traces. */
import { z } from "zod";

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

/** Takes stack frames and the dump of the error's own fields out of a message meant for a user. */
export function withoutStackTrace(message: string): string {
    const lines = message.split("\n").map((line) => line.trimEnd());
    return lines
        .filter((line) => line !== "" && !/^\s+at .*(:\d+:\d+|<anonymous>|node:internal).*$/.test(line))
        .join("\n");
}

/** `urn:pulumi:dev::project::trading:clickhouse:Table::market_trades` -> `Table market_trades` */
export function shortName(urn: string): string {
    const [type = "", name = ""] = urn.split("::").slice(-2);
    return `${type.split(":").at(-1) ?? ""} ${name}`;
}

/** Follows one run of the engine. */
export class Progress {
    private readonly running = new Map<string, string>();
    private changes: Record<string, number> = {};

    /** @param print receives each line to show */
    constructor(private readonly print: (line: string) => void) {}

    /** Takes one line of the CLI's output: an event, or text the CLI printed before there was an engine. */
    line(text: string): void {
        const event = parse(text);
        if (event === undefined) {
            const shown = withoutStackTrace(text);
            if (shown !== "") this.print(shown);
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
        const shown = withoutStackTrace(message);
        if (severity === "debug" || ephemeral === true || shown === "") return;
        const level = severity.startsWith("info") ? "" : `${severity}: `;
        const about =
            urn === undefined || urn === "" || urn.includes("pulumi:pulumi:Stack::") ? "" : `${shortName(urn)}: `;
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
