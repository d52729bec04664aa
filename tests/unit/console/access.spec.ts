// Proves: who is configured and who is refused; each role may do what those before it may; visits end; a stack without users has one lead whose token only
// the file's owner can read. Does not prove: that routes ask (tests/engine/console).
import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atLeast, localUser, roles, same, Visits } from "../../../functions/console/access";
import { readConsoleEnv } from "../../../functions/console/env";
import { EnvironmentError } from "../../../functions/shared/env";
import { hashKey, KeyOwners } from "../../../functions/shared/keys";
import { removeFolder, temporaryFolder } from "../../support/processes";

const ann = { name: "ann", role: "analyst", hashes: [hashKey("a")] };

describe("who may use the console", () => {
    it("is configured by hash; without configuration nobody is", () => {
        assert.deepEqual(readConsoleEnv({ CONSOLE_KEYS: JSON.stringify([ann]) }).CONSOLE_KEYS, [ann]);
        assert.deepEqual(readConsoleEnv({}).CONSOLE_KEYS, []);
    });

    for (const [what, users, said] of [
        ["a token in place of its hash", [{ ...ann, hashes: ["tsm_secret"] }], /must be a SHA-256 in hex/],
        ["a role there is not", [{ ...ann, role: "admin" }], /viewer/],
        ["a name that is no name", [{ ...ann, name: "<b>" }], /must be 1 to 100 letters/],
        ["two users of one token", [ann, { ...ann, name: "bob" }], /two users share a token/],
        ["a third token", [{ ...ann, hashes: ["a", "b", "c"].map(hashKey) }], /at most two keys/],
    ] as const)
        it(`refuses ${what}, and does not repeat it`, () => {
            assert.throws(
                () => readConsoleEnv({ CONSOLE_KEYS: JSON.stringify(users) }),
                (error) =>
                    error instanceof EnvironmentError &&
                    said.test(error.message) &&
                    !error.message.includes("tsm_secret"),
            );
        });

    it("each role may do what those before it may", () => {
        const may = roles.map((role) => roles.map((least) => atLeast(role, least)));
        assert.deepEqual(may, [
            [true, false, false],
            [true, true, false],
            [true, true, true],
        ]);
    });

    it("visits end after twelve hours, and when they are closed", () => {
        let now = 0;
        const visits = new Visits(() => now);
        const user = { name: "ann", role: "analyst" } as const;
        const [one, two] = [visits.open(user), visits.open(user)];
        assert.ok(one.id !== two.id && one.csrf !== two.csrf && one.id !== one.csrf);
        visits.close(two.id);
        assert.deepEqual([visits.of(one.id)?.user, visits.of(two.id), visits.of("")], [user, undefined, undefined]);
        now = 12 * 3_600_000 - 1;
        assert.ok(visits.of(one.id));
        now++;
        assert.equal(visits.of(one.id), undefined);
    });

    it("secrets are the same or not, whatever their length", () => {
        assert.deepEqual([same("a", "a"), same("a", "b"), same("a", ""), same("a", "aa")], [true, false, false, false]);
    });
});

describe("a console without users", () => {
    const folder = temporaryFolder("console");
    after(() => removeFolder(folder));

    it("has one lead, whose token stays the same and is its owner's alone", async () => {
        const file = join(folder, "token");
        const made = await localUser(file);
        const token = readFileSync(file, "utf8").trim();
        const owners = new KeyOwners(made.map(({ hashes, name, role }) => ({ hashes, owner: { name, role } })));
        assert.deepEqual(owners.ownerOf(token), { name: "local", role: "lead" });
        assert.equal(statSync(file).mode & 0o777, 0o600);
        assert.deepEqual(await localUser(file), made);
    });

    it("refuses an empty file, which everybody could guess", async () => {
        const file = join(folder, "empty");
        writeFileSync(file, "\n");
        await assert.rejects(localUser(file), /is empty: delete it/);
    });
});
