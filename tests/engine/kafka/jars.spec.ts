/**
 * Proves, with the real Maven, that a folder of jars is made whole: absent, cut off, and asked for by several processes at once.
 * Does not prove that a fresh machine's Maven reaches its repository; the rest of CI does that by running at all.
 */
import { strict as assert } from "node:assert";
import { readdirSync, statSync, truncateSync } from "node:fs";
import path from "node:path";
import { ensureJars, readJarLock, sha256Of } from "../../../infra/embedded/kafka/jars";
import { removeFolder, temporaryFolder } from "../../support/processes";

describe("kafka: its jars", function () {
    this.timeout(300_000);
    let cache: string;
    before(() => {
        cache = temporaryFolder("jars");
    });
    after(() => removeFolder(cache));

    it("are fetched once for many who ask at once, and none half", async () => {
        const lines: string[] = [];
        const print = (line: string) => void lines.push(line);
        const [one, two] = await Promise.all([ensureJars(print, cache), ensureJars(print, cache)]);
        assert.deepEqual(one, two);
        assert.equal(lines.filter((line) => line.includes("fetching Apache Kafka")).length, 1);
        const { jars, version } = readJarLock();
        assert.deepEqual(readdirSync(path.join(cache, `kafka-${version}`)).sort(), jars.map(({ file }) => file).sort());
        assert.equal(lines.at(-1), `kafka: ${jars.length}/${jars.length} jars, checksums right`);
    });

    it("are fetched again when one is not what the lock file says", async () => {
        const [first = ""] = await ensureJars(() => undefined, cache);
        truncateSync(first, statSync(first).size - 1);
        const lines: string[] = [];
        await ensureJars((line) => void lines.push(line), cache);
        assert.ok(lines.some((line) => line.includes("fetching")));
        assert.equal(await sha256Of(first), readJarLock().jars[0]?.sha256);
        assert.deepEqual(readdirSync(cache).sort(), [`kafka-${readJarLock().version}`, "kafka.lock"].sort());
    });
});
