// Who may send what: API keys, known here by their hashes only.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { catalogue } from "../../schema";

/** Scope of the public key that stands in web pages; good for /v1/actions and nothing else. */
export const actionsScope = "actions";

const scopes = [actionsScope, ...catalogue.map(({ name }) => name)] as const;

const producer = z.strictObject({
    /** Name of the system that holds the key; the source_id of its events starts with it. */
    producer: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, "must be lower-case letters, digits, _ and -"),
    /** Facts and references it may send. */
    scopes: z.array(z.enum(scopes)).min(1),
    /** SHA-256 of its keys in hex; two while a key is being replaced. */
    hashes: z
        .array(z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex, as npm run gateway-key prints it"))
        .min(1)
        .max(2, "at most two keys are valid at once; remove the one that was replaced"),
});

/** The configured producers, as they come in GATEWAY_KEYS. */
export const producers = z.array(producer).superRefine((entries, context) => {
    const hashes = entries.flatMap((entry) => entry.hashes);
    if (new Set(hashes).size < hashes.length) context.addIssue("two entries share a key; make one for each producer");
});

/** Who sent a request. */
export interface Caller {
    readonly producer: string;
    readonly scopes: ReadonlySet<string>;
}

/** A new key: 256 random bits behind a prefix that secret scanners can find. */
export const createKey = (): string => `tsm_${randomBytes(32).toString("base64url")}`;

/** What is configured of a key. A plain hash suffices: 256 random bits cannot be guessed, however fast the guesses are checked. */
export const hashKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** All keys that are valid now. */
export class Keyring {
    private readonly entries: { hash: Buffer; caller: Caller }[];

    constructor(configured: z.output<typeof producers>) {
        this.entries = configured.flatMap(({ producer: name, scopes: allowed, hashes }) => {
            const caller = { producer: name, scopes: new Set<string>(allowed) };
            return hashes.map((hash) => ({ hash: Buffer.from(hash, "hex"), caller }));
        });
    }

    /** Number of valid keys. */
    get size(): number {
        return this.entries.length;
    }

    /** Whose key it is; undefined where it is nobody's. Takes the same time for every key. */
    callerOf(key: string): Caller | undefined {
        const hash = createHash("sha256").update(key).digest();
        let found: Caller | undefined;
        for (const entry of this.entries) {
            if (timingSafeEqual(entry.hash, hash)) found = entry.caller;
        }
        return found;
    }
}
