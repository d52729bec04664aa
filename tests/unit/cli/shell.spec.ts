// Proves: the shell part's decisions (versions, config values, who holds a port, what a bare machine lacks, which CLI is taken) on machines
// made of a folder of stand-ins on PATH. Does not prove: that apt-get, npm and Go do what they are asked to.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { removeFolder, temporaryFolder, until } from "../../support/processes";
import { repository } from "../../support/pulumi";

const scripts = path.join(repository, "infra/cli");
const folder = temporaryFolder("shell");
const bin = path.join(folder, "bin");
const project = path.join(folder, "project");

interface Ran {
    status: number | null;
    stdout: string;
    stderr: string;
}

/** Runs shell code after the scripts were sourced, with ROOT and the cache in the test's folder. */
function shell(code: string, env: Record<string, string> = {}): Ran {
    const sourced = ["lib", "toolchain", "prerequisites"].map((name) => `. "${scripts}/${name}.sh"`).join("; ");
    const script = `set -euo pipefail; ${sourced}; ROOT=${project}; STATE=$ROOT/.trading; LOGS=$STATE/logs; ${code}`;
    const base = { PATH: process.env["PATH"] ?? "", HOME: folder, XDG_CACHE_HOME: path.join(folder, "cache") };
    const bash = spawnSync("/bin/bash", ["-c", script], {
        env: { ...base, ...env },
        encoding: "utf8",
        timeout: 60_000,
    });
    return { status: bash.status, stdout: bash.stdout, stderr: bash.stderr };
}

/** A program that does what the shell code says. */
function standIn(file: string, code: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `#!/bin/bash\n${code}\n`);
    chmodSync(file, 0o755);
}

/** A PATH of the usual tools alone, so that nothing else of this machine is found. */
function bareMachine(): void {
    mkdirSync(bin, { recursive: true });
    const tools = "awk bash cat chmod cut date dirname df env grep head ls mkdir mv ps readlink rm sed sleep tail tr";
    for (const tool of tools.split(" ")) {
        const found = spawnSync("/bin/bash", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
        symlinkSync(found, path.join(bin, tool));
    }
    standIn(path.join(bin, "apt-get"), "exit 1");
    standIn(path.join(bin, "id"), "echo 1000");
    standIn(path.join(bin, "curl"), "exit 6");
}

describe("the shell part of make", function () {
    this.timeout(60_000);
    before(() => {
        bareMachine();
        mkdirSync(project);
        writeFileSync(
            path.join(project, "Pulumi.yaml"),
            'name: p\nconfig:\n  target: {type: string, default: embedded}\n  aPort:\n    type: integer\n    default: 1234\n    description: "a, port"\n  bPort: {type: integer, default: 5678, description: x}\n  other: {default: "text"}\n  offPort: {default: 3}\n  offEnabled: {default: false}\n  onPort: {default: 4}\n  onEnabled: {default: false}\n',
        );
        writeFileSync(path.join(project, "Pulumi.dev.yaml"), 'config:\n  p:bPort: "99"\n  p:onEnabled: "true"\n');
    });
    after(() => removeFolder(folder));

    for (const [wanted, found, enough] of [
        ["17", "17.0.15", true],
        ["17", "1.8.0", false],
        ["3.200.0", "3.199.9", false],
        ["3.200.0", "3.250.0", true],
        ["3.200.0", "4", true],
        ["1.25.11", "1.25.8", false],
        ["1.25.11", "1.26", true],
        ["3.200.0", "3.250.0-alpha.1+dirty", true],
        ["1.08", "1.09", true],
        ["20", "", false],
    ] as const) {
        it(`version ${found || "(none)"} is ${enough ? "" : "not "}at least ${wanted}`, () => {
            assert.equal(shell(`version_at_least "${wanted}" "${found}"`).status === 0, enough);
        });
    }

    it("reads a stack's config, and the defaults of the project", () => {
        const code = `config_keys '[a-z]Port'; for key in aPort bPort other absent; do echo "$key=$(config_value $key)"; done`;
        assert.deepEqual(shell(code).stdout.trim().split("\n"), [
            "aPort",
            "bPort",
            "offPort",
            "onPort",
            "aPort=1234",
            "bPort=99",
            "other=text",
            "absent=",
        ]);
    });

    it("asks for the ports that the stack will use, not for that of a worker that is switched off", () => {
        const code = `listening_process() { return 1; }; missing=(); found=(); check_ports; echo "\${found[@]}"`;
        assert.equal(shell(code, { STACK: "dev" }).stdout.trim(), "ports 1234 99 4 free");
    });

    it("takes from .env what the environment does not hold, and runs nothing in it", () => {
        writeFileSync(
            path.join(project, ".env"),
            "# a comment\nA=from file\nB=$(touch nothing) x=y\nC=kept\nnot a line\n",
        );
        const { stdout } = shell('load_environment; echo "$A|$B|$C"', { C: "environment" });
        assert.equal(stdout, "from file|$(touch nothing) x=y|environment\n");
    });

    it("finds who listens on a port, and that nobody does", async () => {
        const server = createServer().listen(0, "127.0.0.1");
        await until("it listens", () => server.listening);
        const { port } = server.address() as AddressInfo;
        assert.equal(shell(`listening_process ${String(port)}`).stdout.trim(), String(process.pid));
        server.close();
        await until("it is free", () => shell(`listening_process ${String(port)}`).status !== 0);
    });

    it("names all that a bare machine lacks at once, with the commands", () => {
        const { status, stderr } = shell("require_prerequisites start", { PATH: bin });
        assert.equal(status, 1);
        assert.match(stderr, /Java 17 or later: none found; install it: sudo apt-get install -y default-jre-headless/);
        assert.match(stderr, /Node 18 or later: none found; install it: sudo apt-get install -y nodejs npm/);
        assert.match(stderr, /Maven, to fetch Kafka: none found; install it: sudo apt-get install -y maven/);
        assert.match(stderr, /Pulumi CLI, or Go to build it: .*sudo apt-get install -y golang-go/);
    });

    it("names versions that are too old", () => {
        standIn(path.join(folder, "old/java"), `echo 'openjdk version "11.0.2" 2019' >&2`);
        standIn(path.join(folder, "old/node"), "echo v16.1.0");
        standIn(path.join(folder, "old/pulumi"), "echo v3.100.0");
        const { stderr } = shell("require_prerequisites work", { PATH: `${folder}/old:${bin}` });
        assert.match(stderr, /Java 17 or later: 11\.0\.2 found/);
        assert.match(stderr, /Node 18 or later: 16\.1\.0 found/);
        assert.match(stderr, /Pulumi CLI, or Go/);
    });

    it("takes a CLI on PATH, else the one fetched before, else the one built before", () => {
        const cache = path.join(folder, "cache/trading-system-monitoring");
        const find = (machine: string): string =>
            shell('find_pulumi && echo "$PULUMI"', { PATH: `${machine}:${bin}` }).stdout.trim();
        assert.equal(find(`${folder}/old`), "");
        standIn(path.join(cache, "pulumi-3.250.0/pulumi"), "echo v3.250.0");
        assert.equal(find(`${folder}/old`), `${cache}/pulumi-3.250.0/pulumi`);
        standIn(path.join(cache, "official/versions/3.250.0/bin/pulumi"), "echo v3.250.0");
        assert.equal(find(`${folder}/old`), `${cache}/official/versions/3.250.0/bin/pulumi`);
        standIn(path.join(folder, "new/pulumi"), "echo v3.260.0");
        assert.equal(find(`${folder}/new`), `${folder}/new/pulumi`);
    });

    it("disables the fetching of plugins and lends its language host for a built CLI only", () => {
        const env = (name: string): string =>
            shell(
                `PULUMI=${name}; use_pulumi_environment; echo "$PULUMI_BACKEND_URL \${TRADING_LANGUAGE_HOST:-none}"`,
            ).stdout.trim();
        assert.equal(
            env('"$BUILT_PULUMI/pulumi"'),
            `file://${project}/.trading/pulumi ${project}/infra/cli/language-host/pulumi-language-nodejs`,
        );
        assert.equal(env("/usr/bin/pulumi"), `file://${project}/.trading/pulumi none`);
    });

    it("leaves Pulumi's log of each command out of its own home, and somebody else's home alone", () => {
        const code = 'PULUMI=x; use_pulumi_environment; mkdir -p "$PULUMI_HOME/logs" 2>/dev/null || echo none';
        assert.equal(shell(code).stdout, "none\n");
        assert.equal(shell(code, { PULUMI_HOME: path.join(folder, "theirs") }).stdout, "");
    });

    it("refuses a stack that is nowhere before it changes anything", () => {
        const start = (STACK: string): string =>
            spawnSync(path.join(scripts, "make.sh"), ["start"], { env: { ...process.env, STACK }, encoding: "utf8" })
                .stderr;
        assert.match(
            start("typo"),
            /there is no stack 'typo', only: .*dev .*replay .*stack init typo --copy-config-from dev/,
        );
        assert.match(start("../x"), /STACK='..\/x': the name of a stack is made of letters/);
    });

    it("says what a command that came too early has to wait for", () => {
        assert.match(shell("use_project_node").stderr, /nothing is installed yet; run first: make start/);
        // Another command is known by its arguments.
        const other =
            'bash -c "sleep 30; : infra/cli/" >/dev/null 2>&1 & other=$!; trap "kill $other; rm $STATE/driver.lock" EXIT';
        const { status, stderr } = shell(
            `mkdir -p $STATE; ${other}; ln -s $other $STATE/driver.lock; use_project_node`,
        );
        assert.match(stderr, /another 'make' \(process \d+\) is still installing; wait for it/);
        assert.equal(status, 1);
    });

    it("removes what a killed build left behind, and not what another one works in", () => {
        const dead = spawnSync("true").pid;
        const code = `mkdir -p $CACHE/build.${String(dead)} $CACHE/build.$$; remove_dead_builds; cd $CACHE; echo $$ build.*; rm -r build.*`;
        assert.match(shell(code).stdout, /^(\d+) build\.\1\n$/);
    });

    it("installs a browser for tests in CI, as root on Debian alone, and says where there is none", () => {
        const machine = (user: string, debian: string, install: string): string =>
            `id() { echo ${user}; }; runs_debian() { ${debian}; }; install_packages() { echo "installing \${packages[*]}"; ${install}; }; find_browser; echo done`;
        const ran = (code: string, CI: string): string => shell(code, { PATH: bin, CI }).stdout;
        assert.equal(ran(machine("0", "true", "true"), "true"), "installing chromium\ndone\n");
        for (const [code, ci] of [
            [machine("0", "true", "true"), ""],
            [machine("1000", "true", "true"), "true"],
            [machine("0", "false", "true"), "true"],
        ] as const) {
            const { stdout, stderr } = shell(code, { PATH: bin, CI: ci });
            assert.match(stdout + stderr, /no Chromium here: tests in a browser are skipped; install it: sudo apt-get/);
            assert.doesNotMatch(stdout, /installing/);
        }
        const failed = shell(machine("0", "true", "exit 1"), { PATH: bin, CI: "true" });
        assert.match(failed.stdout + failed.stderr, /tests in a browser are skipped/);
        assert.equal(failed.status, 0);
    });

    it("says that an interrupted command can be run again", () => {
        const { status, stderr } = shell("kill -TERM $$; sleep 5");
        assert.match(stderr, /interrupted: what was done is kept; run the same command again/);
        assert.equal(status, 130);
    });

    it("ends a step at its limit with all of its processes, and says where its log is", () => {
        const code = `code=0; watch_step "endless step" 2 bash -c 'sleep 61 & echo begun; sleep 62' || code=$?; explain_failure "endless step" $code`;
        const { status, stdout, stderr } = shell(code);
        assert.equal(status, 1, stdout);
        assert.match(stderr, /endless step: it did not end in time; the whole log is .*endless\.log/);
        assert.doesNotMatch(spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout, /sleep 6[12]/);
    });

    it("says that the disk is full when that is why a step failed", () => {
        const code = `code=0; watch_step "full step" 9 bash -c 'echo "npm error ENOSPC: no space left on device"; exit 3' || code=$?; explain_failure "full step" $code`;
        assert.match(shell(code).stderr, /full step: the disk is full/);
    });

    it("lets one command at a time change a project, and takes over from a killed one", () => {
        mkdirSync(path.join(project, ".trading"), { recursive: true });
        symlinkSync("999999999", path.join(project, ".trading/driver.lock"));
        const nested = `( exec -a infra/cli/make.sh sleep 20 ) & other=$!; ln -sfn $other "$STATE/driver.lock"; sleep 0.3; (hold_project) && echo taken; kill $other`;
        const { stdout, stderr } = shell(`hold_project; echo held; release_project; ${nested}`);
        assert.equal(stdout, "held\n");
        assert.match(stderr, /another 'make' \(process \d+\) is changing this project/);
    });
});
