// What a site allows robots, asked once a day (RFC 9309).
import robotsParser, { type Robot } from "robots-parser";
import { type HttpClient } from "../../shared/http/client";
import { HttpProblem } from "../../shared/http/problem";

/** RFC 9309, 2.4: a copy is not used for longer than a day. */
const keepMs = 24 * 3_600_000;
/** RFC 9309, 2.3.1.2: redirects followed at least. */
const redirects = 5;

interface Kept {
    readonly until: number;
    readonly robot: Robot;
}

/** The rules of the sites that are asked. */
export class Robots {
    private readonly kept = new Map<string, Kept>();

    /** `agent` is the product name that rules are looked up by. */
    constructor(
        private readonly http: HttpClient,
        private readonly agent: string,
        private readonly now: () => number = Date.now,
    ) {}

    /**
     * Whether a URL may be asked, and how long to wait between requests, milliseconds.
     * @throws HttpProblem when the site's rules cannot be had at all: then nothing is allowed (RFC 9309, 2.3.1.4).
     */
    async allows(url: string, signal: AbortSignal): Promise<{ allowed: boolean; delayMs: number }> {
        const robot = await this.rules(new URL(url).origin, signal);
        return {
            allowed: robot.isAllowed(url, this.agent) ?? true,
            delayMs: (robot.getCrawlDelay(this.agent) ?? 0) * 1000,
        };
    }

    private async rules(origin: string, signal: AbortSignal): Promise<Robot> {
        const known = this.kept.get(origin);
        if (known !== undefined && known.until > this.now()) return known.robot;
        const url = `${origin}/robots.txt`;
        const robot = robotsParser(url, await this.text(url, signal));
        this.kept.set(origin, { until: this.now() + keepMs, robot });
        return robot;
    }

    private async text(url: string, signal: AbortSignal): Promise<string> {
        try {
            return (await this.http.send({ url, redirects, signal })).text;
        } catch (error) {
            // 4xx: there are no rules (2.3.1.3); 429 is trouble that passes.
            const none = error instanceof HttpProblem && error.kind === "status" && !error.passing;
            if (none) return "";
            throw error;
        }
    }
}
