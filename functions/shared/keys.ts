// Keys of machines and people: 256 random bits, known to us by their hashes only.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";

/** A new key: 256 random bits behind a prefix that secret scanners can find. */
export const createKey = (): string => `tsm_${randomBytes(32).toString("base64url")}`;

/** What is configured of a key. A plain hash suffices: 256 random bits cannot be guessed, however fast the guesses are checked. */
export const hashKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** SHA-256 of an owner's keys in hex, as configured; two while a key is being replaced. */
export const keyHashes = z
    .array(z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex, as npm run gateway-key prints it"))
    .min(1)
    .max(2, "at most two keys are valid at once; remove the one that was replaced");

/** Whether a key has two owners. */
export function shared(owners: readonly { readonly hashes: readonly string[] }[]): boolean {
    const hashes = owners.flatMap((owner) => owner.hashes);
    return new Set(hashes).size < hashes.length;
}

/** All keys that are valid now, and whose they are. */
export class KeyOwners<T> {
    private readonly entries: { hash: Buffer; owner: T }[];

    constructor(owners: readonly { readonly hashes: readonly string[]; readonly owner: T }[]) {
        this.entries = owners.flatMap(({ hashes, owner }) =>
            hashes.map((hash) => ({ hash: Buffer.from(hash, "hex"), owner })),
        );
    }

    /** Number of valid keys. */
    get size(): number {
        return this.entries.length;
    }

    /** Whose key it is; undefined where it is nobody's. Takes the same time for every key. */
    ownerOf(key: string): T | undefined {
        const hash = createHash("sha256").update(key).digest();
        let found: T | undefined;
        for (const entry of this.entries) {
            if (timingSafeEqual(entry.hash, hash)) found = entry.owner;
        }
        return found;
    }
}
