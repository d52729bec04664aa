// From the provider to the person at the terminal: lines shown in the preview or update, attached to the resource they are about.
import { credentials } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { type Log } from "./kind";

/** The engine's log, at the address it gave. */
export class Engine {
    private client: EngineClient | undefined;
    private readonly saidOnce = new Set<string>();
    /** Lines on their way: a response that overtook its own log line would lose it. */
    private readonly pending = new Set<Promise<void>>();

    attach(address: string | undefined): void {
        if (address !== undefined && address !== "")
            this.client = new EngineClient(address, credentials.createInsecure());
    }

    /** The log of one resource. */
    about(urn: string): Log {
        return {
            info: (message) => this.say(urn, LogSeverity.INFO, message),
            warn: (message) => this.say(urn, LogSeverity.WARNING, message),
            status: (message) => this.say(urn, LogSeverity.INFO, message, true),
            once: (message) => {
                if (this.saidOnce.has(message)) return;
                this.saidOnce.add(message);
                this.say("", LogSeverity.WARNING, message);
            },
        };
    }

    /** Resolves when everything said so far has arrived. */
    async flush(): Promise<void> {
        await Promise.all(this.pending);
    }

    private say(urn: string, severity: LogSeverity, message: string, ephemeral = false): void {
        const client = this.client;
        if (client === undefined) return;
        const request = new LogRequest().setSeverity(severity).setMessage(message).setUrn(urn).setEphemeral(ephemeral);
        const sent = new Promise<void>((resolve) => client.log(request, () => resolve()));
        this.pending.add(sent);
        void sent.then(() => this.pending.delete(sent));
    }
}
