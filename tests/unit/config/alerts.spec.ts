// Proves: a mistake in alertTargets or alertRoutes ends the preview with its place and what to do, and never with a value of a target, which are secrets.
// Does not prove: that the worker reads the same (tests/unit/alerts/env.spec.ts; both use one schema).
import assert from "node:assert/strict";
import { output, type Output, runtime } from "@pulumi/pulumi";
import { project, settingsOf } from "../../support/settings";

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const hook = { name: "hook", kind: "webhook", url: "https://hooks.example/path-is-secret", secrets: [secret] };

/** What the workers would get as targets. */
function targetsOf(targets: unknown, routes: unknown = []): Promise<string> {
    const { alerts } = settingsOf({
        alertTargets: typeof targets === "string" ? targets : JSON.stringify(targets),
        alertRoutes: typeof routes === "string" ? routes : JSON.stringify(routes),
    });
    return new Promise((resolve, reject) => {
        const told = output(alerts.targets) as unknown as Output<string> & { promise(): Promise<string> };
        told.promise().then(resolve, reject);
    });
}

describe("alertTargets and alertRoutes", () => {
    before(() =>
        runtime.setMocks({ newResource: ({ name }) => ({ id: name, state: {} }), call: () => ({}) }, project, "test"),
    );

    it("are handed on as they are", async () => {
        const told = JSON.stringify([hook]);
        assert.equal(await targetsOf(told, [{ targets: ["hook"], owners: ["fraud"] }]), told);
    });

    const refused: [string, unknown, unknown, RegExp][] = [
        ["text that is no JSON", "[{", [], /config alertTargets: is not JSON; README\.md/],
        ["a kind nobody knows", [{ ...hook, kind: "pigeon" }], [], /config alertTargets: 0: kind: /],
        [
            "a secret that is too short",
            [{ ...hook, secrets: ["whsec_c2hvcnQ="] }],
            [],
            /0: secrets: 0: must hold 24 to 64 bytes/,
        ],
        [
            "a URL without TLS",
            [{ ...hook, url: "http://hooks.example/path-is-secret" }],
            [],
            /target hook is written to without TLS/,
        ],
        ["a key that is misspelt", [{ ...hook, secrest: [] }], [], /Unrecognized key: "secrest"/],
        ["a route to nobody", [hook], [{ targets: ["pager"] }], /route 0 names the target pager, which there is not/],
        [
            "a severity there is not",
            [hook],
            [{ targets: ["hook"], severities: ["urgent"] }],
            /config alertRoutes: 0: severities: 0: /,
        ],
        [
            "half an escalation",
            [hook],
            [{ targets: ["hook"], escalateMinutes: 5 }],
            /escalateMinutes and escalateTo go together/,
        ],
    ];
    for (const [what, targets, routes, expected] of refused)
        it(`refuse ${what}`, async () => {
            const failed = await (async () => targetsOf(targets, routes))().then(
                () => assert.fail("it was taken"),
                (error: unknown) => String(error),
            );
            assert.match(failed, expected);
            assert.doesNotMatch(failed, /path-is-secret|whsec_/);
        });
});
