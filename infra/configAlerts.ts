// Keys of the stack's configuration about who is told of alerts, checked here so that a mistake is a line of the preview and not a worker that does not start.
import { z } from "zod";
import { problems, routes, targets } from "../schema/detection";
import { type ConfigReader } from "./configReader";
import { type Input, RunError } from "./pulumi";

/** Whom alerts are sent to. */
export interface AlertSettings {
    /** Targets with their secrets, as JSON. */
    targets: Input<string>;
    /** Routes, as JSON. */
    routes: string;
    origins: string[];
    pseudonymKey: Input<string>;
    heartbeatUrl: Input<string>;
}

const origins = ["live", "backfill", "replay", "synthetic"];

const refusal = (key: string, found: readonly string[]): RunError =>
    new RunError(
        `config ${key}: ${found.join("; ")}; README.md, "Delivery", shows what it holds, and schema/detection/targets.ts all of it`,
    );

/** What a key holds as JSON. What is said of a mistake names places, never values: they are secrets. */
function parsed<T>(key: string, text: string, schema: z.ZodType<T>): T {
    let json: unknown;
    try {
        json = JSON.parse(text);
    } catch {
        throw refusal(key, ["is not JSON"]);
    }
    const result = schema.safeParse(json);
    if (result.success) return result.data;
    throw refusal(
        key,
        result.error.issues.map(({ path, message }) => [...path.map(String), message].join(": ")),
    );
}

/** Reads the keys. Throws RunError, for targets when the program has come to them. */
export function alertSettings(read: ConfigReader, privateOrigins: readonly string[]): AlertSettings {
    const routesText = read.text("alertRoutes");
    const routed = parsed("alertRoutes", routesText, routes);
    return {
        targets: read.secret("alertTargets").apply((text) => {
            const found = problems(parsed("alertTargets", text, targets), routed, privateOrigins);
            if (found.length > 0) throw refusal("alertTargets", found);
            return text;
        }),
        routes: routesText,
        origins: read.entries("notifyOrigins", `one of ${origins.join(", ")}`, (entry) =>
            origins.includes(entry) ? entry : undefined,
        ),
        pseudonymKey: read.secret("pseudonymKey"),
        heartbeatUrl: read.secret("heartbeatUrl"),
    };
}
