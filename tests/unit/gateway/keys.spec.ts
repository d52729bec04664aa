// Proves: a key opens what its producer's scopes say and nothing else, two keys are valid while one replaces the other, and neither keys nor
// hashes get into error messages. Does not prove: that the routes ask; tests/engine/gateway/hostile.spec.ts does.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readGatewayEnv } from "../../../functions/gateway/env";
import { Keyring } from "../../../functions/gateway/keys";
import { createKey, hashKey } from "../../../functions/shared/keys";
import { repository } from "../../support/pulumi";

const env = (producers: unknown) => ({
    GATEWAY_KEYS: typeof producers === "string" ? producers : JSON.stringify(producers),
});
const ring = (producers: unknown): Keyring => new Keyring(readGatewayEnv(env(producers)).GATEWAY_KEYS);
const entry = (own: object = {}) => ({ producer: "engine", scopes: ["user_orders"], hashes: [hashKey("a")], ...own });

describe("gateway: keys", () => {
    it("makes keys of 256 random bits, each another one", () => {
        const keys = Array.from({ length: 100 }, createKey);
        assert.equal(new Set(keys).size, 100);
        for (const key of keys) assert.match(key, /^tsm_[\w-]{43}$/);
    });

    it("knows the producer behind each of its keys, and nobody behind another", () => {
        const [old, fresh] = [createKey(), createKey()];
        const keyring = ring([entry({ hashes: [hashKey(old), hashKey(fresh)] }), entry({ producer: "other" })]);
        assert.equal(keyring.ownerOf(old)?.producer, "engine");
        assert.equal(keyring.ownerOf(fresh)?.producer, "engine");
        assert.equal(keyring.ownerOf("a")?.producer, "other");
        for (const key of ["", "b", hashKey(old), `${fresh} `, createKey()])
            assert.equal(keyring.ownerOf(key), undefined);
    });

    const command = (...args: string[]): ReturnType<typeof spawnSync> & { stdout: string; stderr: string } =>
        spawnSync(process.execPath, ["--require", "tsx/cjs", "functions/gateway/key-command.ts", ...args], {
            ...{ cwd: repository, encoding: "utf8" },
        });

    it("prints a key with the hash that belongs to it", () => {
        const { status, stdout } = command();
        const [, key = "", hash] = /^key {3}(\S+)\nhash {2}(\S+)\n$/.exec(stdout) ?? [];
        assert.deepEqual([status, hashKey(key)], [0, hash]);
    });

    it("makes no key for who asks for help, or for something else", () => {
        const help = command("--help");
        assert.deepEqual([help.status, help.stdout.includes("tsm_")], [0, false]);
        assert.match(help.stdout, /^Usage: npm run gateway-key -- .*secret config gatewayKeys/s);
        const other = command("engine");
        assert.deepEqual([other.status, other.stdout], [2, ""]);
        assert.match(other.stderr, /^error: too many arguments/);
    });

    const mistakes: [what: string, producers: unknown, words: RegExp][] = [
        [
            "a scope that is no fact",
            [entry({ scopes: ["user_order"] })],
            /GATEWAY_KEYS: Invalid option: expected one of "actions"\|/,
        ],
        ["a key instead of its hash", [entry({ hashes: ["tsm_secret"] })], /GATEWAY_KEYS: must be a SHA-256 in hex/],
        ["a third key", [entry({ hashes: ["a", "b", "c"].map(hashKey) })], /GATEWAY_KEYS: at most two keys/],
        ["one key for two producers", [entry(), entry({ producer: "b" })], /GATEWAY_KEYS: two entries share a key/],
        ["what is not JSON", "tsm_secret", /GATEWAY_KEYS: not JSON/],
    ];
    for (const [what, producers, words] of mistakes)
        it(`refuses ${what} without saying it aloud`, () => {
            const message = (() => {
                try {
                    ring(producers);
                } catch (error) {
                    return String(error);
                }
                return "accepted";
            })();
            assert.match(message, words);
            assert.ok(!message.includes("tsm_secret") && !message.includes(hashKey("a")), message);
        });

    it("refuses proxies and origins that are none, naming the variable", () => {
        for (const value of ["1", "10.0.0.0/33", "proxy.example.com", "10.0.0.1,,nonsense"])
            assert.throws(
                () => readGatewayEnv({ TRUSTED_PROXIES: value }),
                /TRUSTED_PROXIES: must be IP addresses/,
                value,
            );
        for (const value of ["*", "app.example.com", "https://app.example.com/"])
            assert.throws(() => readGatewayEnv({ ACTIONS_ORIGINS: value }), /ACTIONS_ORIGINS: must be origins/, value);
        const read = readGatewayEnv({ TRUSTED_PROXIES: "10.0.0.0/8, ::1", ACTIONS_ORIGINS: "https://a.example.com" });
        assert.deepEqual(
            [read.TRUSTED_PROXIES, read.ACTIONS_ORIGINS],
            [["10.0.0.0/8", "::1"], ["https://a.example.com"]],
        );
    });
});
