/**
 * Proves the parts of the supervisor that need no processes of their own: backoff, pid identity, lock, log files, state files.
 * Does not prove that they work together: tests/engine/supervisor does.
 */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { appendFileSync, closeSync, existsSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { BACKOFF, backoffMs, countCrash } from "../../../infra/embedded/supervisor/backoff";
import {
    isAlive,
    parseLinuxStat,
    parsePs,
    portableIdentity,
    processIdentity,
} from "../../../infra/embedded/supervisor/identity";
import { tryLock } from "../../../infra/embedded/supervisor/lock";
import { noteInLog, openLog, rotateLog, tailLog } from "../../../infra/embedded/supervisor/logs";
import { socketPath } from "../../../infra/embedded/supervisor/paths";
import { readDesired, readRunning, writeDesired, writeRunning } from "../../../infra/embedded/supervisor/state";
import { baseEnvironment } from "../../../infra/embedded/supervisor/supervisor";
import { removeFolder, temporaryFolder } from "../../support/processes";

describe("supervisor: parts", () => {
    let dir: string;
    beforeEach(() => {
        dir = temporaryFolder("parts");
    });
    afterEach(() => removeFolder(dir));

    describe("backoff", () => {
        it("doubles from half a second to 15 s", () => {
            const middle = [0, 1, 2, 3, 4, 5, 6].map((crashes) => backoffMs(crashes, () => 0.5));
            assert.deepEqual(middle, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
        });

        it("stays within its bounds for any count and chance", () => {
            fc.assert(
                fc.property(
                    fc.nat(),
                    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
                    (crashes, chance) => {
                        const wait = backoffMs(crashes, () => chance);
                        assert.ok(wait >= BACKOFF.firstMs && wait <= BACKOFF.longestMs);
                    },
                ),
            );
        });

        it("begins anew after a minute of health", () => {
            assert.equal(countCrash(5, 59_999), 6);
            assert.equal(countCrash(5, 60_000), 1);
        });
    });

    describe("identity", () => {
        it("is the same for a process as long as it lives, and another's is different", () => {
            const own = processIdentity(process.pid);
            assert.ok(own);
            assert.equal(processIdentity(process.pid), own);
            assert.ok(isAlive(process.pid, own));
            // The machine's first process: a parent may have been started in the same hundredth of a second.
            assert.notEqual(processIdentity(1), own);
            assert.equal(isAlive(1, own), false);
            assert.equal(processIdentity(2 ** 22 + 1), undefined);
        });

        it("reads the start time behind a command of any shape, and takes a zombie for dead", () => {
            const rest = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 123456 20";
            assert.equal(parseLinuxStat(`42 (node) S ${rest}`), "123456");
            assert.equal(parseLinuxStat(`42 (a) R (b c)) R ${rest}`), "123456");
            assert.equal(parseLinuxStat(`42 (node) Z ${rest}`), undefined);
        });

        it("has a portable form", () => {
            assert.equal(parsePs("Ss   Sun Nov  2 14:59:51 2026\n"), "Sun Nov 2 14:59:51 2026");
            assert.equal(parsePs("Z+   Sun Nov  2 14:59:51 2026\n"), undefined);
            assert.equal(parsePs(""), undefined);
            assert.match(portableIdentity(process.pid) ?? "", /^\w{3} \w{3} \d+ \d\d:\d\d:\d\d \d{4}$/);
            assert.equal(portableIdentity(2 ** 22 + 1), undefined);
        });
    });

    describe("lock", () => {
        it("has one holder, and is free again when released", () => {
            const file = path.join(dir, "lock");
            const first = tryLock(file);
            assert.ok(first);
            assert.equal(tryLock(file), undefined);
            first.release();
            const second = tryLock(file);
            assert.ok(second);
            second.release();
        });

        it("stays held when its holder forgets it and the garbage is collected", () => {
            const file = path.join(dir, "lock");
            assert.ok(tryLock(file));
            setFlagsFromString("--expose-gc");
            (runInNewContext("gc") as () => void)();
            assert.equal(tryLock(file), undefined);
        });

        it("is dropped by the kernel when its holder is killed", () => {
            const file = path.join(dir, "lock");
            const script = `const { DatabaseSync } = require("node:sqlite");
                const database = new DatabaseSync(${JSON.stringify(file)});
                database.exec("BEGIN EXCLUSIVE");
                process.kill(process.pid, "SIGKILL");`;
            assert.throws(() => execFileSync(process.execPath, ["-e", script], { stdio: "ignore" }));
            const lock = tryLock(file);
            assert.ok(lock);
            lock.release();
        });
    });

    describe("logs", () => {
        it("are moved on when too long, while their writer writes on", () => {
            const file = path.join(dir, "a.log");
            const writer = openLog(file);
            for (const text of ["first", "second", "third", "fourth"]) {
                writeSync(writer, `${text}\n`);
                assert.equal(rotateLog(file, { maxBytes: 4, oldFiles: 2 }), true);
            }
            writeSync(writer, "x\n");
            assert.equal(rotateLog(file, { maxBytes: 4, oldFiles: 2 }), false);
            closeSync(writer);
            const contents = [file, `${file}.1`, `${file}.2`].map((name) => readFileSync(name, "utf8"));
            assert.deepEqual(contents, ["x\n", "fourth\n", "third\n"]);
            assert.equal(existsSync(`${file}.3`), false);
            assert.equal(rotateLog(path.join(dir, "none.log")), false);
        });

        it("give their last lines without reading all", () => {
            const file = path.join(dir, "b.log");
            appendFileSync(file, Array.from({ length: 10_000 }, (_, index) => `line ${index}\n`).join("") + "\n\n");
            assert.deepEqual(tailLog(file, 2), ["line 9998", "line 9999"]);
            assert.deepEqual(tailLog(path.join(dir, "none.log"), 2), []);
        });

        it("take the supervisor's notes, and a full disk does not throw", () => {
            const file = path.join(dir, "c.log");
            noteInLog(file, "started");
            assert.match(tailLog(file, 1)[0] ?? "", /^\d{4}-\S+Z supervisor: started$/);
            assert.equal(statSync(file).mode & 0o777, 0o600);
            noteInLog(path.join(dir, "none", "d.log"), "lost");
        });
    });

    describe("state", () => {
        it("is read as it was written, in order, by the user alone", () => {
            const file = path.join(dir, "processes.json");
            assert.deepEqual(readDesired(file), []);
            const spec = { command: ["x"], env: { A: "1" }, health: { tcp: "127.0.0.1:1" } };
            const desired = [
                { name: "2", spec },
                { name: "1", spec },
            ];
            writeDesired(file, desired);
            assert.deepEqual(readDesired(file), desired);
            assert.equal(statSync(file).mode & 0o777, 0o600);
            assert.equal(existsSync(`${file}.new`), false);
            const running = [{ name: "1", pid: 5, identity: "i", specHash: "h" }];
            writeRunning(file, running);
            assert.deepEqual(readRunning(file), running);
        });

        it("is refused when it is not what a supervisor writes", () => {
            const file = path.join(dir, "processes.json");
            writeFileSync(file, "{");
            assert.throws(() => readDesired(file), /found not JSON; move it away/);
            writeFileSync(file, '[{"name": "a"}]');
            assert.throws(() => readDesired(file), /processes\.json is not what a supervisor writes[^]*spec/);
        });
    });

    it("keeps the socket's path short, whatever the folder's", () => {
        assert.ok(Buffer.byteLength(socketPath(dir)) < 104);
        assert.notEqual(socketPath(dir), socketPath(path.dirname(dir)));
    });

    it("gives children of the starter's environment only what finds programs", () => {
        const env = baseEnvironment({
            PATH: "/bin",
            HOME: "/home/u",
            LANG: "de_DE.UTF-8",
            TZ: "Asia/Tokyo",
            TOKEN: "t",
        });
        assert.deepEqual(env, {
            PATH: `${path.dirname(process.execPath)}:/bin`,
            HOME: "/home/u",
            LANG: "de_DE.UTF-8",
            TZ: "UTC",
        });
    });
});
