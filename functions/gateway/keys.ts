// Who may send what: API keys, known here by their hashes only.
import { z } from "zod";
import { catalogue } from "../../schema";
import { keyHashes, KeyOwners, shared } from "../shared/keys";

/** Scope of the public key that stands in web pages; good for /v1/actions and nothing else. */
export const actionsScope = "actions";

const scopes = [actionsScope, ...catalogue.map(({ name }) => name)] as const;

const producer = z.strictObject({
    /** Name of the system that holds the key; the source_id of its events starts with it. */
    producer: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, "must be lower-case letters, digits, _ and -"),
    /** Facts and references it may send. */
    scopes: z.array(z.enum(scopes)).min(1),
    /** SHA-256 of its keys in hex; two while a key is being replaced. */
    hashes: keyHashes,
});

/** The configured producers, as they come in GATEWAY_KEYS. */
export const producers = z.array(producer).superRefine((entries, context) => {
    if (shared(entries)) context.addIssue("two entries share a key; make one for each producer");
});

/** Who sent a request. */
export interface Caller {
    readonly producer: string;
    readonly scopes: ReadonlySet<string>;
}

/** All keys that are valid now. */
export class Keyring extends KeyOwners<Caller> {
    constructor(configured: z.output<typeof producers>) {
        super(
            configured.map(({ producer: name, scopes: allowed, hashes }) => ({
                hashes,
                owner: { producer: name, scopes: new Set<string>(allowed) },
            })),
        );
    }
}
