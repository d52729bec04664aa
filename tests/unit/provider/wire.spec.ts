// Proves: property maps survive the way through the protocol with secrets at their places, unknowns never turn into changes, and paths are
// spelled as the engine parses them. Does not prove: what the engine does with them (tests/engine/provider).
import assert from "node:assert/strict";
import fc from "fast-check";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { compare, pathText } from "../../../infra/provider/changes";
import { decode, encode, hasUnknown, settled, unknownValue } from "../../../infra/provider/wire";

const signature = "4dabf18193072939515e22adb298388d";
const secret = (value: unknown): unknown => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
const struct = (value: unknown): Struct => Struct.fromJavaScript(value as Record<string, JavaScriptValue>);

describe("property maps on the wire", () => {
    it("unwraps secrets anywhere and wraps them again at the same places", () => {
        const wire = {
            env: { TOKEN: secret("t"), PLAIN: "p" },
            list: ["a", secret("b")],
            all: secret({ x: { y: 1 } }),
        };
        const { values, secrets } = decode(struct(wire));
        assert.deepEqual(values, { all: { x: { y: 1 } }, env: { PLAIN: "p", TOKEN: "t" }, list: ["a", "b"] });
        assert.deepEqual(encode(values, secrets).toJavaScript(), wire);
    });

    it("takes output values with and without a value", () => {
        const output = { [signature]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", dependencies: [] };
        const { values, secrets } = decode(struct({ a: { ...output, value: "x", secret: true }, b: output }));
        assert.deepEqual(values, { a: "x", b: unknownValue });
        assert.deepEqual(secrets, [["a"]]);
    });

    it("brings any map back as it was, keys sorted", () => {
        const leaf = fc.oneof(fc.string(), fc.boolean(), fc.integer(), fc.constant(null));
        const key = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__" && name !== signature);
        const value = fc.letrec((tie) => ({
            any: fc.oneof({ depthSize: "small" }, leaf, fc.array(tie("any")), fc.dictionary(key, tie("any"))),
        })).any;
        fc.assert(
            fc.property(fc.dictionary(key, value), (map) => {
                const wire = struct(map);
                assert.deepEqual(encode(decode(wire).values, []).toJavaScript(), wire.toJavaScript());
            }),
        );
    });

    it("puts the old value in place of an unknown one, and drops it where there is none", () => {
        const next = {
            name: unknownValue,
            env: { A: unknownValue, B: "2", C: unknownValue },
            list: ["x", unknownValue],
        };
        const old = { name: "n", env: { A: "1", B: "1" }, list: ["x", "y"] };
        assert.equal(hasUnknown(next), true);
        assert.deepEqual(settled(next, old), { name: "n", env: { A: "1", B: "2" }, list: ["x", "y"] });
    });
});

describe("differences of property maps", () => {
    it("names the innermost property that differs", () => {
        const before = { a: { b: 1, c: [1, 2] }, gone: true, same: { x: "" } };
        const after = { a: { b: 2, c: [1, 3], d: {} }, same: { x: "" } };
        const found = compare(before, after).map(({ path, kind }) => `${kind} ${path.join("/")}`);
        assert.deepEqual(found, ["update a/b", "update a/c", "add a/d", "delete gone"]);
    });

    it("finds nothing between equal maps, and what was changed between others", () => {
        fc.assert(fc.property(fc.object(), (map) => assert.deepEqual(compare(map, structuredClone(map)), [])));
    });

    it("spells paths as the engine parses them", () => {
        assert.equal(pathText(["columns", "fee", "type"]), "columns.fee.type");
        assert.equal(pathText(["config", "retention.ms"]), 'config["retention.ms"]');
    });
});
