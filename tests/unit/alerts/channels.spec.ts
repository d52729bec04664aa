// Proves, against fake servers that enforce the real limits and forms: each channel's messages are taken; markup of strangers arrives as text; what was not
// allowed to leave does not leave; each answer is understood as its target means it, and no secret gets into an error; no connection to an address that is not
// public. Does not prove: anything of the real servers.
import assert from "node:assert/strict";
import { Webhook } from "standardwebhooks";
import { type Channel } from "../../../functions/alerts/channels/channel";
import { defaultFields, type FieldName, fieldNames } from "../../../schema/detection";
import { pseudonymBy } from "../../../functions/alerts/channels/content";
import { pagerduty } from "../../../functions/alerts/channels/pagerduty";
import { clientOptions, Sender } from "../../../functions/alerts/channels/sender";
import { slack } from "../../../functions/alerts/channels/slack";
import { telegram } from "../../../functions/alerts/channels/telegram";
import { shorten, visible } from "../../../functions/alerts/channels/text";
import { signatures, webhook } from "../../../functions/alerts/channels/webhook";
import { compose } from "../../../functions/alerts/core/messages";
import { type Alert, type Message, type Outcome } from "../../../functions/alerts/core/model";
import { FakePagerDuty } from "../../support/fakes/pagerduty";
import { FakeServer } from "../../support/fakes/server";
import { FakeSlack } from "../../support/fakes/slack";
import { FakeTelegram } from "../../support/fakes/telegram";
import { FakeWebhook } from "../../support/fakes/webhook";

const at = Date.UTC(2026, 10, 23, 12);
const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const routingKey = "0123456789abcdef0123456789abcdef";

const alertOf = (id: string, over: Partial<Alert> = {}): Alert => ({
    ...{ id, kind: "alert", rule: "drained", owner: "fraud", severity: "critical", entityKind: "user" },
    ...{ entityId: "alice@example.com", origin: "live", mode: "active", exemption: "", heldBack: "" },
    ...{ reason: "alice drained it", score: 90, eventTime: at - 1_000, raisedAt: at, ...over },
});

const messageOf = (...alerts: Alert[]): Message =>
    compose(
        "target",
        alerts.map((alert) => ({ alert, sequence: 0, kind: "alert", by: "" })),
        at,
    );

const hostile = [
    "<!channel> <https://evil.example|click>",
    "[bank](http://evil.example)",
    "<script>alert(1)</script>",
    "'; DROP TABLE alerts; --",
    "\u202Egpj.exe\u2066 \u200Bhidden\u0000\u0007",
    "x".repeat(10_000),
    "&lt;b&gt; &amp;",
    "*bold* _it_ ~no~ `code`",
    "half \uD83D",
];

describe("channels", () => {
    const servers: FakeServer[] = [];
    const senders: Sender[] = [];

    afterEach(async () => {
        await Promise.all(senders.splice(0).map((sender) => sender.close()));
        await Promise.all(servers.splice(0).map((server) => server.stop()));
    });

    function kept<T extends { server: FakeServer }>(fake: T): T {
        servers.push(fake.server);
        return fake;
    }

    async function send(
        channel: Channel,
        message: Message,
        fields = defaultFields,
        resolve?: string,
    ): Promise<Outcome> {
        const origins = servers.map(({ origin }) => origin);
        const http = {
            ...clientOptions(origins),
            timeoutMs: 1_500,
            ...(resolve && { resolve: () => Promise.resolve([resolve]) }),
        };
        const sender = new Sender({ channel, fields, pseudonym: pseudonymBy("a key of enough length"), http });
        senders.push(sender);
        return sender.send(message, Date.now());
    }

    /** All that a sent message says, on every channel. */
    async function everywhere(alert: Alert, fields: readonly FieldName[]): Promise<string[]> {
        const chat = kept(await new FakeSlack({ burst: 100 }).start());
        const group = kept(await new FakeTelegram().start());
        const hook = kept(await new FakeWebhook(secret).start());
        const pager = kept(await new FakePagerDuty().start());
        const bot = { botToken: group.token, chatId: "7", apiUrl: group.server.origin };
        const message = messageOf(alert);
        for (const channel of [
            slack(chat.url),
            telegram(bot),
            webhook(hook.url, [secret]),
            pagerduty(pager.url, routingKey),
        ])
            assert.equal((await send(channel, message, fields)).kind, "accepted");
        const [said] = chat.messages;
        assert.equal(said?.mrkdwn, false);
        assert.equal(said.blocks?.[0]?.text.type, "plain_text");
        const unescaped = `${said.text}\n${said.blocks[0].text.text}`;
        assert.doesNotMatch(unescaped, /<|>|&(?!amp;|lt;|gt;)/);
        return [
            unescaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
            group.shown[0]?.text ?? "",
            Object.values(hook.received[0]?.body.data ?? {}).join("\n"),
            Object.values(pager.events[0]?.payload.custom_details ?? {}).join("\n"),
        ];
    }

    for (const text of hostile)
        it(`show ${JSON.stringify(text.slice(0, 30))} as text`, async () => {
            const alert = alertOf("a1", { rule: text, entityId: text, reason: text });
            const texts = await everywhere(alert, fieldNames);
            for (const shown of texts) {
                assert.ok(shown.includes(shorten(visible(text), 300)), shown.slice(0, 500));
                assert.doesNotMatch(shown.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Cs}]/u);
            }
        });

    it("let nothing of a person out that they were not told to", async () => {
        for (const shown of await everywhere(alertOf("a1"), defaultFields)) {
            assert.doesNotMatch(shown, /alice/);
            assert.match(shown, /a1/);
            assert.match(shown, /user-[0-9a-f]{16}/);
        }
    });

    it("name everybody the same, and differently with another key", () => {
        const name = pseudonymBy("one key of enough length")(alertOf("a"));
        assert.equal(name, pseudonymBy("one key of enough length")(alertOf("b")));
        assert.notEqual(name, pseudonymBy("another key of enough length")(alertOf("a")));
        assert.equal(pseudonymBy(undefined)(alertOf("a")), undefined);
    });

    it("say of a digest how many, of what, and how to find each", async () => {
        const hook = kept(await new FakeWebhook(secret).start());
        const alerts = Array.from({ length: 5_000 }, (_, n) =>
            alertOf(`a${String(n)}`, {
                rule: `rule-${String(n % 40)}`,
                entityId: `user ${String(n % 7)}`,
                severity: "high",
            }),
        );
        const message = messageOf(...alerts);
        assert.equal((await send(webhook(hook.url, [secret]), message)).kind, "accepted");
        const { type, data } = hook.received[0]?.body ?? assert.fail();
        assert.equal(type, "alert.digest");
        assert.equal(data["count"], "5000");
        assert.equal(data["batch"], message.id);
        assert.ok(data["query"]?.includes(message.id));
        assert.equal(data["top_entities"]?.split(", ").length, 5);
    });

    it("say of a few about one entity that they are, and which", async () => {
        const hook = kept(await new FakeWebhook(secret).start());
        const message = messageOf(alertOf("a1"), alertOf("a2", { rule: "layered" }));
        assert.equal((await send(webhook(hook.url, [secret]), message)).kind, "accepted");
        const { data } = hook.received[0]?.body ?? assert.fail();
        assert.match(data["title"] ?? "", /^CRITICAL 2 alerts about one user$/);
        assert.equal(data["ids"], "a1, a2");
        assert.equal((await send(webhook(hook.url, [secret]), message, ["rule"])).kind, "accepted");
        assert.ok(!("ids" in (hook.received[1]?.body.data ?? {})));
    });

    it("keep to the length each takes, whatever is said", async () => {
        const long = alertOf("a1", { rule: "&".repeat(10_000), reason: "<".repeat(10_000) });
        assert.equal((await everywhere(long, fieldNames)).length, 4);
    });

    it("sign webhooks so that the old and the new secret verify, and no other", async () => {
        const other = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
        const body = '{"type":"test"}';
        const seconds = Math.floor(Date.now() / 1_000);
        const headers = (secrets: string[]): Record<string, string> => ({
            ...{ "webhook-id": "m1", "webhook-timestamp": String(seconds) },
            "webhook-signature": signatures(secrets, "m1", seconds, body),
        });
        for (const known of [secret, other])
            assert.deepEqual(new Webhook(known).verify(body, headers([secret, other])), { type: "test" });
        assert.throws(() => new Webhook(other).verify(body, headers([secret])));
        const hook = kept(await new FakeWebhook(other).start());
        assert.equal((await send(webhook(hook.url, [secret, other]), messageOf(alertOf("a")))).kind, "accepted");
        assert.equal((await send(webhook(hook.url, [secret]), messageOf(alertOf("a")))).kind, "refused");
        assert.equal(hook.refused, 1);
    });

    it("open one incident an alert, however often it is told", async () => {
        const pager = kept(await new FakePagerDuty().start());
        const channel = pagerduty(pager.url, routingKey);
        const alert = alertOf("a1");
        const again = compose("target", [{ alert, sequence: 1, kind: "repeat", by: "unanswered" }], at);
        for (const message of [messageOf(alert), again]) await send(channel, message);
        assert.deepEqual([...pager.incidents], ["a1"]);
        assert.deepEqual(
            pager.events.map(({ payload }) => payload.severity),
            ["critical", "critical"],
        );
    });

    describe("understand answers", () => {
        const cases: [number, Record<string, string>, string, Partial<Outcome> & { retryAfterMs?: number }][] = [
            [200, {}, "ok", { kind: "accepted" }],
            [202, {}, "{}", { kind: "accepted" }],
            [204, {}, "", { kind: "accepted" }],
            [301, { location: "http://169.254.169.254/" }, "", { kind: "refused" }],
            [307, { location: "/elsewhere" }, "", { kind: "refused" }],
            [400, {}, "invalid_payload", { kind: "refused", status: 400 }],
            [401, {}, "", { kind: "refused", status: 401 }],
            [404, {}, "no_service", { kind: "refused", status: 404 }],
            [408, {}, "", { kind: "passing", status: 408 }],
            [410, {}, "channel_is_archived", { kind: "gone", status: 410 }],
            [413, {}, "", { kind: "refused", status: 413 }],
            [429, { "retry-after": "7" }, "", { kind: "passing", status: 429, retryAfterMs: 7_000 }],
            [429, {}, "", { kind: "passing", status: 429 }],
            [500, {}, "", { kind: "passing", status: 500 }],
            [502, {}, "", { kind: "passing", status: 502 }],
            [503, { "retry-after": "120" }, "", { kind: "passing", status: 503, retryAfterMs: 120_000 }],
            [504, {}, "", { kind: "passing", status: 504 }],
        ];
        for (const [status, headers, body, want] of cases)
            it(`${String(status)} ${JSON.stringify(headers)}`, async () => {
                const fake = kept(await new FakeSlack().start());
                fake.server.fail({ kind: "status", status, headers, body });
                const outcome = await send(slack(fake.url), messageOf(alertOf("a")));
                assert.deepEqual({ ...outcome, ...want }, outcome);
                if (!("retryAfterMs" in want)) assert.ok(!("retryAfterMs" in outcome));
                assert.doesNotMatch(JSON.stringify(outcome), /secret|services/);
                assert.equal(fake.server.requests.length, 1);
            });

        it("a connection that is lost, and one that says nothing", async () => {
            const fake = kept(await new FakeSlack().start());
            fake.server.fail({ kind: "reset" }, { kind: "hang" });
            for (const words of [/./, /no whole answer/]) {
                const outcome = await send(slack(fake.url), messageOf(alertOf("a")));
                assert.ok(outcome.kind === "passing" && words.test(outcome.error));
                assert.doesNotMatch(JSON.stringify(outcome), /secret|services/);
            }
        });

        it("Telegram's own way of asking for patience, without its token in the error", async () => {
            const fake = kept(await new FakeTelegram(5_000).start());
            const bot = { botToken: fake.token, chatId: "-100", apiUrl: fake.server.origin };
            await send(telegram(bot), messageOf(alertOf("a")));
            const outcome = await send(telegram(bot), messageOf(alertOf("b")));
            assert.deepEqual(outcome.kind === "passing" && outcome.retryAfterMs, 5_000);
            assert.doesNotMatch(JSON.stringify(outcome), /ABC-DEF/);
        });

        it("a group of Telegram that has moved is written to where it is now, and one that moves for ever is not run after", async () => {
            const fake = kept(await new FakeTelegram().start());
            fake.moved.set("-7", -1007);
            const channel = telegram({ botToken: fake.token, chatId: "-7", apiUrl: fake.server.origin });
            const first = await send(channel, messageOf(alertOf("a")));
            assert.deepEqual(first.kind === "passing" && first.retryAfterMs, 0);
            assert.match(JSON.stringify(first), /set chatId to -1007/);
            assert.equal((await send(channel, messageOf(alertOf("a")))).kind, "accepted");
            assert.deepEqual(
                fake.shown.map(({ chat }) => chat),
                ["-1007"],
            );
            fake.moved.set("-1007", -7);
            assert.equal((await send(channel, messageOf(alertOf("b")))).kind, "refused");
        });
    });

    describe("refuse to connect", () => {
        const places = [
            ...["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "0x7f000001", "0177.0.0.1", "0.0.0.0"],
            ...["[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "10.0.0.1", "172.16.0.1", "192.168.1.1"],
            ...["169.254.169.254", "[fe80::1]", "[fd00:ec2::254]", "100.64.0.1", "224.0.0.1", "255.255.255.255"],
            ...["[64:ff9b::7f00:1]", "[2002:7f00:1::]", "①②⑦.⓪.⓪.①", "127.0.0.1.", "user@127.0.0.1", "192.0.2.1"],
        ];
        for (const place of places)
            it(`to ${place}`, async () => {
                const canary = await new FakeServer().start();
                const url = `http://${place}:${new URL(canary.origin).port}/hook`;
                const outcome = await send(webhook(url, [secret]), messageOf(alertOf("a")));
                await canary.stop();
                assert.ok(outcome.kind === "refused");
                assert.match(outcome.error, /not a public address|user or password/);
                assert.equal(canary.requests.length, 0);
            });

        it("to a name that is at a private address", async () => {
            for (const address of ["127.0.0.1", "169.254.169.254", "::1"]) {
                const channel = webhook("http://hooks.example/hook", [secret]);
                const outcome = await send(channel, messageOf(alertOf("a")), defaultFields, address);
                assert.ok(outcome.kind === "refused");
                assert.match(outcome.error, /which is not a public address/);
            }
        });

        it("to other protocols", async () => {
            for (const url of ["file:///etc/passwd", "gopher://example.com/", "ftp://example.com/"])
                assert.equal((await send(slack(url), messageOf(alertOf("a")))).kind, "refused");
        });
    });
});
