// A dead man's switch: an address outside is asked once a minute while the worker works, and whoever is behind it raises the alarm when that stops.
import { pause } from "../shared/backoff";
import { HttpClient } from "../shared/http/client";
import { type Logger } from "../shared/log";
import { clientOptions } from "./channels/sender";

const everyMs = 60_000;

/** Beats until it is stopped. */
export class Heartbeat {
    private readonly stopping = new AbortController();
    private readonly client: HttpClient;
    private failed = false;

    constructor(
        private readonly url: string,
        privateOrigins: readonly string[],
        /** Whether there is anything to tell of. */
        private readonly well: () => boolean,
        private readonly log: Logger,
        private readonly restMs = everyMs,
    ) {
        this.client = new HttpClient(clientOptions(privateOrigins));
    }

    /** For the health page. */
    readonly problem = (): string | undefined =>
        this.failed ? "the heartbeat's receiver does not answer: check heartbeatUrl" : undefined;

    async run(): Promise<void> {
        const { signal } = this.stopping;
        while (!signal.aborted) {
            if (this.well()) await this.beat();
            await pause(this.restMs, signal);
        }
    }

    async stop(): Promise<void> {
        this.stopping.abort();
        await this.client.close();
    }

    private async beat(): Promise<void> {
        try {
            await this.client.send({ url: this.url });
            this.failed = false;
        } catch {
            // Without the reason, which would name the address: whoever has it can beat in our place.
            if (!this.failed) this.log.warn("the heartbeat's receiver does not answer");
            this.failed = true;
        }
    }
}
