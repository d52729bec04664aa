// Proves: targets and routes that do not fit are refused at the start, in words that name the target and none of its secrets; what is left out has its default.
// Does not prove: that the stack hands them over (tests/unit/pipeline).
import assert from "node:assert/strict";
import { readAlertsEnv } from "../../../functions/alerts/env";
import { routesOr, targetOf } from "../../../functions/alerts/targets";
import { EnvironmentError } from "../../../functions/shared/env";

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const hook = { name: "hook", kind: "webhook", url: "https://hooks.example/path-is-secret", secrets: [secret] };

const read = (
    targets: unknown,
    routes: unknown = [],
    more: Record<string, string> = {},
): ReturnType<typeof readAlertsEnv> =>
    readAlertsEnv({ ALERT_TARGETS_SECRET: JSON.stringify(targets), ALERT_ROUTES: JSON.stringify(routes), ...more });

describe("the settings of delivery", () => {
    it("have defaults", () => {
        const env = readAlertsEnv({});
        assert.deepEqual([env.ALERT_TARGETS_SECRET, env.ALERT_ROUTES, env.NOTIFY_ORIGINS], [[], [], ["live"]]);
        const [target] = read([hook]).ALERT_TARGETS_SECRET.map(targetOf);
        assert.deepEqual(target?.fields, ["id", "rule", "severity", "time", "pseudonym"]);
        assert.deepEqual(target.destination, { name: "hook", bucket: { burst: 20, perSecond: 10 } });
        assert.deepEqual(routesOr([], ["hook"]), [{ targets: ["hook"] }]);
    });

    const refused: [string, unknown, unknown, RegExp][] = [
        ["no JSON of targets", [{ ...hook, kind: "pigeon" }], [], /ALERT_TARGETS_SECRET: .*, found a secret/],
        [
            "a secret that is too short",
            [{ ...hook, secrets: ["whsec_c2hvcnQ="] }],
            [],
            /24 to 64 bytes, found a secret/,
        ],
        ["two of one name", [hook, hook], [], /two targets of one name/],
        [
            "a URL without TLS",
            [{ ...hook, url: "http://hooks.example/path-is-secret" }],
            [],
            /target hook is written to without TLS/,
        ],
        [
            "an unknown target of a route",
            [hook],
            [{ targets: ["pager"] }],
            /route 0 names the target pager, which there is not/,
        ],
        ["an unknown stand-in", [{ ...hook, fallback: "pager" }], [], /the target hook names the target pager/],
        [
            "half an escalation",
            [hook],
            [{ targets: ["hook"], escalateMinutes: 5 }],
            /escalateMinutes and escalateTo go together/,
        ],
        [
            "a wait for others that is longer than anybody would wait",
            [hook],
            [{ targets: ["hook"], groupWaitSeconds: 3_600 }],
            /ALERT_ROUTES/,
        ],
        ["a field that does not exist", [{ ...hook, fields: ["password"] }], [], /ALERT_TARGETS_SECRET/],
    ];
    for (const [what, targets, routes, words] of refused)
        it(`refuse ${what}`, () => {
            assert.throws(
                () => read(targets, routes),
                (error) =>
                    error instanceof EnvironmentError &&
                    words.test(error.message) &&
                    !/path-is-secret|whsec_[A-Za-z0-9]/.test(error.message),
            );
        });

    it("take a receiver without TLS where its origin is declared", () => {
        const plain = { ...hook, url: "http://127.0.0.1:9443/hook" };
        assert.equal(
            read([plain], [], { HTTP_PRIVATE_ORIGINS: "http://127.0.0.1:9443" }).ALERT_TARGETS_SECRET.length,
            1,
        );
    });
});
