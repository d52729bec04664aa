// Proves, from HTTP through the real broker into ClickHouse: every fact and reference can be sent, and its row equals the event field by field,
// with SQL, markup and odd Unicode in every text and the widest value in every number; a browser's action arrives with what the gateway knows.
// Does not prove: behaviour while Kafka is away; outage.spec.ts does.
import assert from "node:assert/strict";
import { catalogue, type Declaration } from "../../../schema";
import { eventsPath, type Receipt } from "../../../schema/api";
import { decimal } from "../../support/book";
import { fullEvent } from "../../support/events";
import { producer, TestGateway, website } from "../../support/gateway";
import { hostileTexts } from "../../support/hostile";
import { until } from "../../support/processes";
import { sharedStack, type TestStack } from "../../support/stack";

type Row = Record<string, unknown>;

const run = `gateway-${String(Date.now())}`;

const plain = (value: unknown): string => decimal(String(value));

/** Values as ClickHouse prints them in JSON with big numbers in quotes and times in ISO form, made comparable: decimals without trailing zeros. */
function comparable(declaration: Declaration, values: Row): Row {
    const value = (type: string, given: unknown): unknown => {
        if (Array.isArray(given)) return given.map((level: object) => Object.values(level).map(plain));
        if (given === null || given === undefined) return null;
        if (/Decimal/.test(type)) return plain(given);
        return typeof given === "number" ? String(given) : given;
    };
    return Object.fromEntries(
        Object.entries(declaration.columns).map(([name, { type }]) => [name, value(type, values[name])]),
    );
}

async function rowsOf(stack: TestStack, fact: string, where: string): Promise<Row[]> {
    const settings =
        "date_time_output_format = 'iso', output_format_json_quote_decimals = 1, output_format_json_quote_64bit_integers = 1";
    return stack.rows<Row>(`SELECT * FROM trading.${fact} WHERE ${where} SETTINGS ${settings}`);
}

/** Events whose every text is hostile; only what the gateway ties to the key and to this run is not. */
function hostileEvents(declaration: Declaration): (Row & { event_id: string })[] {
    return hostileTexts.map((words, n) =>
        fullEvent(declaration, words, {
            event_time: new Date(Date.now() - n * 1000).toISOString().replace("Z", "456Z"),
            source_id: `${producer}/${words}`,
            source_seq: String(n),
            origin: "synthetic",
            run_id: run,
        }),
    );
}

describe("gateway to row", function () {
    this.timeout(600_000);
    let stack: TestStack;
    let gateway: TestGateway;

    before(async () => {
        stack = await sharedStack();
        gateway = await TestGateway.start([stack.brokers], { TRUSTED_PROXIES: "127.0.0.1" });
    });
    after(async () => {
        assert.equal(await gateway.stop(), 0, gateway.output());
    });

    for (const declaration of catalogue) {
        it(`stores ${declaration.name} field by field, hostile texts verbatim`, async () => {
            const events = hostileEvents(declaration);
            const { status, body } = await gateway.post<Receipt>(eventsPath(declaration), events);
            assert.equal(status, 200, JSON.stringify(body).slice(0, 2_000));
            assert.deepEqual(
                body.results.map(({ status: verdict, event_id }) => [verdict, event_id]),
                events.map(({ event_id }) => ["accepted", event_id]),
            );
            const rows = await until(`${String(events.length)} rows of ${declaration.name}`, async () => {
                const found = await rowsOf(stack, declaration.name, `run_id = '${run}'`);
                return found.length >= events.length ? found : undefined;
            });
            const byId = new Map(rows.map((row) => [row["event_id"], comparable(declaration, row)]));
            assert.equal(byId.size, events.length);
            for (const event of events) assert.deepEqual(byId.get(event.event_id), comparable(declaration, event));
        });
    }

    it("stores a pushed post once for each token it speaks of, however often it is sent", async () => {
        const post = {
            ...{ source: "reddit-test", source_class: "social", post_id: run, event_time: new Date().toISOString() },
            ...{ title: "Bitcoin <i>up</i>", body: "Dogecoin down" },
        };
        for (let n = 0; n < 2; n += 1) {
            const { status, body } = await gateway.post<Receipt>("/v1/posts", [
                post,
                { ...post, title: "Rain", body: "No coin" },
            ]);
            assert.deepEqual([status, body.accepted, body.rejected], [200, 1, 1]);
        }
        const rows = await until("the post's rows", async () => {
            const found = await rowsOf(stack, "social_posts", `source = 'reddit-test' AND post_id = '${run}'`);
            return found.length > 0 && (await stack.lag("social_posts")) === 0 ? found : undefined;
        });
        assert.deepEqual(rows.map(({ token, title }) => [token, title]).toSorted(), [
            ["BTC", "Bitcoin up"],
            ["DOGE", "Bitcoin up"],
        ]);
    });

    it("gives a browser's action the address before the trusted proxy, its country, and the time of arrival where the clock is off", async () => {
        const id = `a-${String(Date.now())}`;
        const report = {
            session_id: "s1",
            actions: [
                {
                    action_id: id,
                    action: "click",
                    event_time: "2001-01-01T00:00:00Z",
                    page: "/trade?token=secret#x",
                    element: "buy",
                },
            ],
        };
        const began = Date.now();
        const { status, body } = await gateway.report<Receipt>(report, {
            "x-forwarded-for": "6.6.6.6, 81.2.69.142",
            "user-agent": "<b>Mozilla</b>",
        });
        assert.equal(status, 200, JSON.stringify(body));
        const eventId = `${website}:${id}`;
        const [row] = await until("the action's row", async () => {
            const found = await rowsOf(stack, "user_actions", `event_id = '${eventId}'`);
            return found.length > 0 ? found : undefined;
        });
        assert.ok(row);
        const { event_time: at, ip, country, geo_database: database, page, element, channel, source_id: source } = row;
        assert.deepEqual(
            { ip, country, page, element, channel, source, session: row["session_id"], agent: row["user_agent"] },
            {
                ip: "::ffff:81.2.69.142",
                country: "GB",
                page: "/trade",
                element: "buy",
                channel: "browser",
                source: website,
                session: "s1",
                agent: "<b>Mozilla</b>",
            },
        );
        assert.match(String(database), /^dbip-country \d{4}-\d\d-\d\d$/);
        assert.ok(Date.parse(String(at)) >= began && Date.parse(String(at)) <= Date.now(), String(at));
        for (const unknown of ["user_id", "city", "latitude", "asn", "asn_class"])
            assert.equal(row[unknown], null, unknown);
    });
});
