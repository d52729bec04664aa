// Proves: what the adapter answers to the engine, message by message, and how clients wait for a service that is starting. Does not prove:
// that the engine understands it (tests/engine/provider).
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { type handleUnaryCall, type ServiceError } from "@grpc/grpc-js";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { Reach, Unreachable } from "../../../infra/provider/clients/reach";
import { providerConfig } from "../../../infra/provider/config";
import { Engine } from "../../../infra/provider/engine";
import { implementation } from "../../../infra/provider/server";
import { unknownValue } from "../../../infra/provider/wire";

const signature = "4dabf18193072939515e22adb298388d";
const secret = (value: string): unknown => ({ [signature]: "1b47061264138c4ac30d75fd1eb44270", value });
const struct = (value: unknown): Struct => Struct.fromJavaScript(value as Record<string, JavaScriptValue>);
const urn = (token: string): string => `urn:pulumi:s::p::trading:pipeline:Facts$${token}::x`;
const collection = { name: "kafka", entries: { kafka_broker_list: "h:1", kafka_sasl_password: secret("hush") } };

/** Calls the provider as gRPC would. */
function call<Request, Response>(
    method: string,
    request: Request,
    provider = implementation(new Engine()),
): Promise<Response> {
    const handler = provider[method] as handleUnaryCall<Request, Response>;
    return new Promise((resolve, reject) => {
        handler({ request } as never, (error, response) => {
            if (response) resolve(response);
            else reject(Object.assign(new Error(), error));
        });
    });
}

describe("adapter", () => {
    const checked = (token: string, news: unknown): Promise<pb.CheckResponse> =>
        call("check", new pb.CheckRequest().setUrn(urn(token)).setNews(struct(news)));
    const diffed = async (token: string, olds: unknown, news: unknown): Promise<Record<string, number>> => {
        const request = new pb.DiffRequest()
            .setUrn(urn(token))
            .setOldInputs(struct(olds))
            .setNews(struct(news))
            .setOlds(struct(olds));
        const response = await call<pb.DiffRequest, pb.DiffResponse>("diff", request);
        assert.equal(response.getHasdetaileddiff(), true);
        const kinds: Record<string, number> = {};
        response.getDetaileddiffMap().forEach((diff, path) => (kinds[path] = diff.getKind()));
        assert.equal(response.getChanges(), Object.keys(kinds).length > 0 ? 2 : 1);
        return kinds;
    };

    it("says at the handshake what it takes", async () => {
        const response = await call<pb.ProviderHandshakeRequest, pb.ProviderHandshakeResponse>(
            "handshake",
            new pb.ProviderHandshakeRequest(),
        );
        assert.deepEqual([response.getAcceptSecrets(), response.getAcceptOutputs()], [true, true]);
        const configured = await call<pb.ConfigureRequest, pb.ConfigureResponse>(
            "configure",
            new pb.ConfigureRequest(),
        );
        assert.deepEqual([configured.getAcceptsecrets(), configured.getSupportspreview()], [true, true]);
    });

    it("gives checked inputs back with their secrets and unknowns in place", async () => {
        const news = { ...collection, name: unknownValue };
        const response = await checked("trading:clickhouse:NamedCollection", news);
        assert.deepEqual(response.getFailuresList(), []);
        assert.deepEqual(response.getInputs()?.toJavaScript(), news);
    });

    it("names what does not fit, and rejects a type it does not know", async () => {
        const response = await checked("trading:clickhouse:NamedCollection", { name: "1x", entries: {}, colour: 1 });
        assert.deepEqual(
            response.getFailuresList().map((failure) => failure.getReason()),
            [
                "name: must be letters, digits and _, not starting with a digit",
                "entries: must hold at least one entry",
                "colour: is no property here; remove it, or check its spelling",
            ],
        );
        await assert.rejects(checked("trading:clickhouse:Rollup", {}), (error: ServiceError) => {
            assert.match(error.details, /there is no resource type trading:clickhouse:Rollup/);
            return true;
        });
    });

    it("names the property that differs, with its kind of change", async () => {
        const token = "trading:clickhouse:NamedCollection";
        const { ADD, UPDATE, DELETE, UPDATE_REPLACE } = pb.PropertyDiff.Kind;
        const other = { name: "k2", entries: { kafka_broker_list: "h:2", extra: "1" } };
        assert.deepEqual(await diffed(token, collection, collection), {});
        assert.deepEqual(await diffed(token, collection, other), {
            name: UPDATE_REPLACE,
            "entries.kafka_broker_list": UPDATE,
            "entries.extra": ADD,
            "entries.kafka_sasl_password": DELETE,
        });
    });

    it("takes nothing unknown for a change", async () => {
        const news = {
            name: unknownValue,
            entries: { kafka_broker_list: unknownValue, kafka_sasl_password: secret(unknownValue) },
        };
        assert.deepEqual(await diffed("trading:clickhouse:NamedCollection", collection, news), {});
    });

    it("says what changed in its own configuration, so that the engine takes the new one, but replaces nothing", async () => {
        const request = new pb.DiffRequest()
            .setOldInputs(struct({ clickhouseUrl: "http://a:1" }))
            .setNews(struct({ clickhouseUrl: "http://b:1" }));
        const response = await call<pb.DiffRequest, pb.DiffResponse>("diffConfig", request);
        assert.equal(response.getChanges(), pb.DiffResponse.DiffChanges.DIFF_SOME);
        assert.deepEqual(response.getReplacesList(), []);
        assert.deepEqual(providerConfig({ kafkaBrokers: '["h:1"]' }).kafkaBrokers, ["h:1"]);
        assert.throws(
            () => providerConfig({ clickhouseUrl: "nowhere", kafkaBrokers: ["h"] }),
            /clickhouseUrl: .*; kafkaBrokers\[?"?0"?\]?: must be host:port/,
        );
    });

    it("echoes a created resource at preview, with nothing done and its secrets kept", async () => {
        const request = new pb.CreateRequest()
            .setUrn(urn("trading:clickhouse:NamedCollection"))
            .setProperties(struct(collection))
            .setPreview(true);
        const response = await call<pb.CreateRequest, pb.CreateResponse>("create", request);
        assert.deepEqual(response.getProperties()?.toJavaScript(), collection);
    });

    it("says which configuration is missing, without a stack", async () => {
        const request = new pb.CreateRequest()
            .setUrn(urn("trading:kafka:Topic"))
            .setProperties(struct({ name: "t", partitions: 1, config: {} }));
        await assert.rejects(call("create", request), (error: ServiceError) => {
            assert.equal(
                error.details,
                "provider trading: kafkaBrokers is missing, and this resource needs it; pass it to the Provider",
            );
            return true;
        });
    });

    it("leaves the state as it is where the server cannot be reached", async () => {
        const provider = implementation(new Engine());
        const config = struct({ clickhouseUrl: "http://127.0.0.1:9" });
        await call("configure", new pb.ConfigureRequest().setArgs(config), provider);
        const state = struct(collection);
        const request = new pb.ReadRequest()
            .setUrn(urn("trading:clickhouse:NamedCollection"))
            .setId("kafka")
            .setInputs(state)
            .setProperties(state);
        const response = await call<pb.ReadRequest, pb.ReadResponse>("read", request, provider);
        assert.equal(response.getId(), "kafka");
        assert.deepEqual(response.getInputs()?.toJavaScript(), collection);
    });
});

describe("a service that does not answer", () => {
    const reach = (): Reach => new Reach("Service", "s:1", (cause) => String(cause).includes("refused"));
    const refused = (): Promise<never> => Promise.reject(new Error("refused"));

    it("is asked once by a preview, however many resources there are", async () => {
        const service = reach();
        let asked = 0;
        const exchange = (): Promise<never> => {
            asked++;
            return refused();
        };
        for (let resource = 0; resource < 5; resource++)
            await assert.rejects(service.run({ seconds: 0 }, exchange), Unreachable);
        assert.equal(asked, 1);
    });

    it("is waited for while it starts, and that is said once", async () => {
        const lines: string[] = [];
        const server = createServer((_request, response) => response.end("ok"));
        let attempts = 0;
        const exchange = async (): Promise<string> => {
            if (++attempts === 3) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
            if (!server.listening) return refused();
            return (await fetch(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`)).text();
        };
        assert.equal(await reach().run({ seconds: 30, onWait: (line) => lines.push(line) }, exchange), "ok");
        server.close();
        assert.deepEqual(lines, ["waiting for Service at s:1 (up to 30 s)"]);
    });

    it("is given up after the time granted, counted for all resources together", async () => {
        const service = reach();
        await assert.rejects(service.run({ seconds: 0.3 }, refused), /Service at s:1 cannot be reached: refused/);
        const unasked = (): Promise<never> => assert.fail("asked after its time was over");
        await assert.rejects(service.run({ seconds: 0.3 }, unasked), Unreachable);
    });

    it("is not asked again when it answered with a refusal", async () => {
        let asked = 0;
        const exchange = (): Promise<never> => {
            asked++;
            return Promise.reject(new Error("no such table"));
        };
        await assert.rejects(reach().run({ seconds: 30 }, exchange), /no such table/);
        assert.equal(asked, 1);
    });

    it("is given up at once when the run is cancelled", async () => {
        const cancelled = new AbortController();
        const waiting = reach().run(
            { seconds: 30, signal: cancelled.signal, onWait: () => cancelled.abort(new Error("cancelled")) },
            refused,
        );
        await assert.rejects(waiting, /cancelled/);
    });
});
