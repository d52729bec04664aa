// Proves: which brokers a worker logs in to, with what, and that half a login is refused. Does not prove: that a broker takes it (tests/engine/kafka).
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { kafkaLogin } from "../../../functions/shared/kafkaLogin";

const own = { KAFKA_BROKERS: "a:9093, b:9093" };
const login = { ...own, KAFKA_USERNAME: "gateway", KAFKA_PASSWORD: "secret" };

describe("login to Kafka", () => {
    let folder: string;
    beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "login-"))));
    afterEach(() => rmSync(folder, { recursive: true }));

    it("is none where the environment has none", () => {
        assert.equal(kafkaLogin(["a:9093"], own), undefined);
        assert.equal(kafkaLogin(["a:9093"], { ...own, KAFKA_USERNAME: "", KAFKA_PASSWORD: "" }), undefined);
    });

    it("goes to the worker's own brokers, never to a venue's", () => {
        assert.deepEqual(kafkaLogin(["a:9093", "b:9093"], login), { username: "gateway", password: "secret" });
        assert.equal(kafkaLogin(["venue:9092"], login), undefined);
        assert.equal(kafkaLogin(["a:9093", "venue:9092"], login), undefined);
    });

    it("reads the brokers' certificate as it is now", () => {
        const file = join(folder, "ca.crt");
        const env = { ...login, KAFKA_CA_FILE: file };
        for (const text of ["first", "renewed"]) {
            writeFileSync(file, text);
            assert.equal(kafkaLogin(["a:9093"], env)?.ca, text);
        }
    });

    it("refuses half a login without telling the other half", () => {
        const message = /^kafka: KAFKA_USERNAME and KAFKA_PASSWORD go together/;
        assert.throws(() => kafkaLogin(["a:9093"], { ...own, KAFKA_PASSWORD: "secret" }), { message });
        assert.throws(() => kafkaLogin(["a:9093"], { ...own, KAFKA_USERNAME: "gateway" }), { message });
    });
});
