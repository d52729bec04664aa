// Proves: a worker's state file holds the last state that was saved, whole, whatever a crash left beside it, and is never taken for what it is not.
// Does not prove: what a power loss leaves (the file is synced before it takes the old one's place; nothing here pulls a plug).
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { StateFile } from "../../../functions/shared/stateFile";
import { removeFolder, temporaryFolder } from "../../support/processes";

describe("state file", () => {
    let folder: string;
    const file = (): StateFile<{ n: number }> =>
        new StateFile(join(folder, "deep", "state.json"), z.strictObject({ n: z.number() }));

    beforeEach(() => (folder = temporaryFolder("state")));
    afterEach(() => removeFolder(folder));

    it("holds nothing at first, then what was saved last, in a folder it makes", async () => {
        assert.equal(await file().load(), undefined);
        const one = file();
        await Promise.all([1, 2, 3, 4, 5].map((n) => one.save({ n })));
        assert.deepEqual(await file().load(), { n: 5 });
        assert.deepEqual(readdirSync(join(folder, "deep")), ["state.json"]);
    });

    it("does not mind what a crash left half written", async () => {
        await file().save({ n: 1 });
        writeFileSync(`${file().path}.next`, '{"n": 2');
        assert.deepEqual(await file().load(), { n: 1 });
        await file().save({ n: 3 });
        assert.deepEqual(await file().load(), { n: 3 });
    });

    for (const text of ["", "{half", '{"n":"1"}', '{"n":1,"m":2}', "null"]) {
        it(`refuses ${text || "an empty file"}, naming the file and what to do`, async () => {
            await file().save({ n: 1 });
            writeFileSync(file().path, text);
            await assert.rejects(
                file().load(),
                /state\.json: not this worker's state, found .*; move it away to begin anew/,
            );
        });
    }

    it("goes on saving after one save failed", async () => {
        const one = file();
        writeFileSync(join(folder, "deep"), "a file where the folder should be");
        await assert.rejects(one.save({ n: 1 }));
        removeFolder(join(folder, "deep"));
        await one.save({ n: 2 });
        assert.deepEqual(await one.load(), { n: 2 });
    });
});
