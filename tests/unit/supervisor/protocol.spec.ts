/**
 * Proves that a process spec is checked property by property and that its hash tells a changed spec from an equal one.
 * Does not prove what the supervisor does with it.
 */
import { strict as assert } from "node:assert";
import { PROCESS_NAME, type ProcessSpec, parseSpec, specHash } from "../../../infra/embedded/supervisor/protocol";

const spec: ProcessSpec = {
    command: ["node", "x"],
    env: { A: "1", B: "2" },
    health: { url: "http://127.0.0.1:1/healthz" },
};

describe("supervisor: protocol", () => {
    it("takes a right spec as it is", () => {
        const full = { ...spec, cwd: "/srv", healthTimeoutSeconds: 5, fingerprint: "f" };
        assert.deepEqual(parseSpec(spec), spec);
        assert.deepEqual(parseSpec(full), full);
        assert.deepEqual(Object.keys(parseSpec({ ...spec, cwd: undefined })), ["command", "env", "health"]);
    });

    const wrong: [string, unknown, RegExp][] = [
        ["no command", { ...spec, command: [] }, /command: /],
        ["an environment of numbers", { ...spec, env: { A: 1 } }, /env\.A: /],
        ["a name with =", { ...spec, env: { "A=B": "1" } }, /env/],
        ["a relative folder", { ...spec, cwd: "x" }, /cwd: must be an absolute path/],
        ["https, which a loopback probe does not speak", { ...spec, health: { url: "https://x" } }, /health/],
        ["an address without port", { ...spec, health: { tcp: "localhost" } }, /health/],
        ["both kinds of health", { ...spec, health: { url: "http://x", tcp: "x:1" } }, /health/],
        ["a property it does not know", { ...spec, user: "root" }, /user/],
        ["nothing", undefined, /process spec: spec: /],
    ];
    for (const [what, value, message] of wrong) {
        it(`refuses ${what}`, () => assert.throws(() => parseSpec(value), message));
    }

    it("hashes what a spec says, not how it is written", () => {
        const reordered = { health: spec.health, env: { B: "2", A: "1" }, command: spec.command };
        assert.equal(specHash(reordered), specHash(spec));
        assert.notEqual(specHash({ ...spec, env: { A: "1", B: "3" } }), specHash(spec));
        assert.notEqual(specHash({ ...spec, command: ["x", "node"] }), specHash(spec));
        assert.notEqual(specHash({ ...spec, fingerprint: "f" }), specHash(spec));
    });

    it("allows as names what is safe as a file's name", () => {
        for (const name of ["kafka", "market-data.binance", "w_1"]) assert.match(name, PROCESS_NAME);
        for (const name of ["", ".", "../x", "a/b", "A", "a b", "x".repeat(64)])
            assert.doesNotMatch(name, PROCESS_NAME);
    });
});
