// Proves: the pack comes up by the SDK's own loader and answers for a resource, as the engine asks, with the policy's name at
// the level that stops an operation; nothing for one in order. Does not prove: what the engine makes of it in a preview.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
    AnalyzeRequest,
    type AnalyzeResponse,
    AnalyzerResourceOptions,
    EnforcementLevel,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";

const folder = resolve(__dirname, "../../../infra/policy");

describe("policy pack as the engine sees it", function () {
    this.timeout(60_000);
    let pack: ChildProcess;
    let client: AnalyzerClient;

    before(async () => {
        const entry = join(require.resolve("@pulumi/pulumi/package.json"), "../cmd/run-policy-pack");
        // The address of an engine that nobody asks for anything here.
        pack = spawn(process.execPath, [entry, "127.0.0.1:1", folder], {
            cwd: folder,
            stdio: ["pipe", "pipe", "inherit"],
        });
        assert.ok(pack.stdout);
        const [port] = (await once(createInterface(pack.stdout), "line")) as [string];
        client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    });

    after(() => {
        client.close();
        pack.kill("SIGKILL");
    });

    async function judged(onDelete: string): Promise<{ policy: string; message: string; level: number }[]> {
        const type = "trading:kafka:Topic";
        const request = new AnalyzeRequest()
            .setType(type)
            .setName("orders")
            .setUrn(`urn:pulumi:s::p::${type}::orders`)
            .setOptions(new AnalyzerResourceOptions())
            .setProperties(Struct.fromJavaScript({ name: "trading.orders.v1", onDelete }));
        const answer = await new Promise<AnalyzeResponse>((done, fail) => {
            client.analyze(request, (error, found) => {
                if (error === null) done(found);
                else fail(error);
            });
        });
        return answer.getDiagnosticsList().map((found) => ({
            policy: found.getPolicyname(),
            message: found.getMessage(),
            level: found.getEnforcementlevel(),
        }));
    }

    it("stops what violates a policy, and nothing else", async () => {
        const [found, ...more] = await judged("drop");
        assert.deepEqual(more, []);
        assert.equal(found?.policy, "data-is-protected");
        assert.equal(found.level, EnforcementLevel.MANDATORY);
        assert.match(found.message, /onDelete is "drop"/);
        assert.deepEqual(await judged("keep"), []);
    });
});
