// Who may come in and what each may do: tokens known by their hashes, and sessions in memory, so that a restart logs everybody out.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { createKey, hashKey, keyHashes, shared } from "../shared/keys";

/** What people may be, each with all that those before may do. */
export const roles = ["viewer", "analyst", "lead"] as const;
export type Role = (typeof roles)[number];

const user = z.strictObject({
    /** Name that stands in the audit log. */
    name: z.string().regex(/^[\w.@-]{1,100}$/, "must be 1 to 100 letters, digits and . _ @ -"),
    role: z.enum(roles),
    hashes: keyHashes,
});

/** The configured users, as they come in CONSOLE_KEYS. */
export const users = z.array(user).superRefine((entries, context) => {
    if (shared(entries)) context.addIssue("two users share a token; make one for each of them");
});

export type Users = z.output<typeof users>;

/** Somebody who has logged in. */
export interface User {
    readonly name: string;
    readonly role: Role;
}

/** Whether the role is at least this one. */
export const atLeast = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least);

/** The user of a stack without users: a lead whose token is in the file, made where there is none; only its owner can read it. */
export async function localUser(file: string): Promise<Users> {
    const made = createKey();
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${made}\n`, { mode: 0o600, flag: "wx" }).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
    const token = (await readFile(file, "utf8")).trim();
    if (token === "") throw new Error(`${file} is empty: delete it, the next start makes a new token`);
    return [{ name: "local", role: "lead", hashes: [hashKey(token)] }];
}

/** A visit from login to logout. */
export interface Visit {
    readonly id: string;
    readonly user: User;
    /** Goes with every action: pages of others cannot know it. */
    readonly csrf: string;
    readonly endsAtMs: number;
}

/** A working day. */
const lastsMs = 12 * 3_600_000;
/** Beyond it the oldest visit ends. */
const mostVisits = 10_000;
const secret = (): string => randomBytes(32).toString("base64url");
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Whether two secrets are the same, in the same time for all. */
export const same = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

/** All visits that last. */
export class Visits {
    private readonly visits = new Map<string, Visit>();

    constructor(private readonly now: () => number = Date.now) {}

    open(who: User): Visit {
        for (const [id, { endsAtMs }] of this.visits) {
            if (endsAtMs > this.now() && this.visits.size < mostVisits) break;
            this.visits.delete(id);
        }
        const visit = { id: secret(), user: who, csrf: secret(), endsAtMs: this.now() + lastsMs };
        this.visits.set(visit.id, visit);
        return visit;
    }

    of(id: string): Visit | undefined {
        const visit = this.visits.get(id);
        return visit !== undefined && visit.endsAtMs > this.now() ? visit : undefined;
    }

    close(id: string): void {
        this.visits.delete(id);
    }
}
