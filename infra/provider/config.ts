// The provider's own configuration: where the services are. Connection data lives only here and takes no part in any diff.
import { z } from "zod";
import { problemsOf } from "./checks";
import { Problem } from "./problem";
import { type Properties } from "./wire";

/** The SDK sends lists as JSON text where a provider has a schema, and as lists where it has none. */
const listOfText = z.preprocess(
    (value) => (typeof value === "string" && value.startsWith("[") ? (JSON.parse(value) as unknown) : value),
    z.array(z.string().regex(/^[^\s:]+:\d+$/, "must be host:port")).min(1),
);

/** Maps travel as JSON text too where a provider has a schema. */
const forwardShape = z.preprocess(
    (value) => (typeof value === "string" && value.startsWith("{") ? (JSON.parse(value) as unknown) : value),
    z.strictObject({
        context: z.string().optional(),
        namespace: z.string().min(1, "must not be empty"),
        service: z.string().min(1, "must not be empty"),
        port: z.int().min(1).max(65_535),
    }),
);

/** As text too, which is how a provider's configuration travels where it has a schema. */
const flag = z.preprocess((value) => (value === "true" ? true : value), z.boolean());

export const configShape = z.strictObject({
    clickhouseUrl: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" }).optional(),
    clickhouseUser: z.string().optional(),
    clickhousePassword: z.string().optional(),
    /** A Service of a cluster, by which clickhouseUrl is reached where its host is known in the cluster only. */
    clickhouseForward: forwardShape.optional(),
    kafkaBrokers: listOfText.optional(),
    /** HyperDX's API, and its first user, whom the provider registers and is. */
    hyperdxUrl: z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" }).optional(),
    hyperdxEmail: z.email("must be an e-mail address").optional(),
    hyperdxPassword: z.string().optional(),
    hyperdxForward: forwardShape.optional(),
    supervisorDir: z.string().startsWith("/", "must be an absolute path").optional(),
    /** Whether the backtest of a changed rule names users and accounts. */
    previewEntities: flag.optional(),
    /** The engine adds it to every provider's inputs. */
    version: z.string().optional(),
});

/** Where the services are. */
export type ProviderConfig = z.infer<typeof configShape>;

/** Reads the configuration; throws with every bad property. */
export function providerConfig(values: Properties): ProviderConfig {
    const problems = problemsOf(configShape, values);
    if (problems.length > 0) throw new Problem(`provider trading: ${problems.join("; ")}`);
    return configShape.parse(values);
}
