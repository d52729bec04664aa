// Proves: each scenario leaves in the facts what its label says - found again here from the facts alone, by plain words and not by the rules
// that are to find it - and each decoy leaves what makes it look alike, without what makes it one.
// Does not prove: that a rule finds or spares them; that is measured by the detection report.
import assert from "node:assert/strict";
import { repertoire } from "../../../functions/simulator/scenarios";
import { options, play, played, type Row } from "./run";

/** One played instance: its label's entities and the rows of its time. */
class Instance {
    readonly entities: readonly { kind: string; id: string }[];
    readonly from: string;
    readonly to: string;

    constructor(labels: readonly Row[]) {
        this.entities = labels.map((row) => ({ kind: row["entity_kind"] ?? "", id: row["entity_id"] ?? "" }));
        this.from = labels[0]?.["started_at"] ?? "";
        this.to = labels[0]?.["ended_at"] ?? "";
    }

    ids(kind: string): string[] {
        return this.entities.filter((entity) => entity.kind === kind).map(({ id }) => id);
    }

    /** Rows of a fact in the time of the instance; withdrawals and deposits may take some minutes more. */
    rows(fact: string, late = 0): Row[] {
        const to = new Date(Date.parse(this.to) + late * 60_000).toISOString();
        return played()
            .rows(fact)
            .filter(({ event_time }) => (event_time ?? "") >= this.from && (event_time ?? "") <= to);
    }

    /** Those of the instance's users. */
    own(fact: string, late = 0): Row[] {
        const users = new Set(this.ids("user"));
        return this.rows(fact, late).filter(({ user_id }) => users.has(user_id ?? ""));
    }

    /** Trades between accounts of the instance. */
    inside(): Row[] {
        const accounts = new Set(this.ids("account"));
        return this.rows("user_trades").filter(
            (row) => accounts.has(row["maker_account_id"] ?? "") && accounts.has(row["taker_account_id"] ?? ""),
        );
    }

    withdrawn(late = 0): Row[] {
        return this.own("user_withdrawals", late).filter(({ state }) => state === "requested");
    }
}

const amount = (row: Row | undefined, column = "amount"): number => Number(row?.[column] ?? 0);
const sum = (rows: readonly Row[], column = "amount"): number =>
    rows.reduce((total, row) => total + amount(row, column), 0);

/** IPs a user came from before a time. */
const seen = (user: string | undefined, before: string): Set<string | null | undefined> =>
    new Set(
        played()
            .rows("user_actions")
            .filter((row) => row["user_id"] === user && (row["event_time"] ?? "") < before)
            .map(({ ip }) => ip),
    );

function buyers(trade: Row): [buyer: string, seller: string] {
    const [maker, taker] = [trade["maker_account_id"] ?? "", trade["taker_account_id"] ?? ""];
    return trade["taker_side"] === "buy" ? [taker, maker] : [maker, taker];
}

/** Orders of one state by side: how many, and their lots together. */
function bySide(orders: readonly Row[], state: string): Record<"buy" | "sell", { count: number; lots: number }> {
    const of = (side: string): { count: number; lots: number } => {
        const found = orders.filter((row) => row["state"] === state && row["side"] === side);
        return { count: found.length, lots: sum(found, "quantity") };
    };
    return { buy: of("buy"), sell: of("sell") };
}

function layering(instance: Instance, gone: "cancelled" | "amended", layers: number): void {
    const [account] = instance.ids("account");
    const orders = instance.own("user_orders");
    const pulled = bySide(orders, gone);
    const pressing = pulled.buy.lots > pulled.sell.lots ? "buy" : "sell";
    assert.ok(pulled[pressing].count > layers, `${gone} ${JSON.stringify(pulled)}`);
    const fills = instance
        .rows("user_trades")
        .filter((trade) => buyers(trade)[pressing === "sell" ? 0 : 1] === account);
    assert.ok(fills.length > 0, "trades on the other side");
    const layered = orders.filter((row) => row["side"] === pressing && row["state"] === "new");
    assert.ok(sum(layered, "quantity") > 3 * sum(fills, "quantity"), "layers outweigh the trade");
}

function takeover(instance: Instance, withLogin: boolean, many: boolean): void {
    const [user] = instance.ids("user");
    const requests = instance.withdrawn();
    assert.ok(many ? requests.length >= 3 : requests.length === 1);
    const known = seen(user, instance.from);
    for (const { ip } of requests) assert.ok(!known.has(ip), "an address never seen before");
    const login = instance
        .own("user_actions")
        .some((row) => row["action"] === "login_succeeded" && row["ip"] === requests[0]?.["ip"]);
    assert.equal(login, withLogin);
    const before = amount(requests[0], "balance_after") + amount(requests[0]) + amount(requests[0], "fee");
    assert.ok(sum(requests) > 0.4 * before);
    assert.ok(sum(requests) >= 1_500);
}

/** km/h between the logins of an instance, at most, by the haversine formula. */
function speed(logins: readonly Row[]): number {
    const radians = (row: Row, column: string): number => (Number(row[column]) * Math.PI) / 180;
    return logins.slice(1).reduce((fastest, row, index) => {
        const before = logins[index] ?? row;
        const [a, b] = [radians(before, "latitude"), radians(row, "latitude")];
        const across = Math.sin((radians(row, "longitude") - radians(before, "longitude")) / 2) ** 2;
        const h = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * across;
        const hours = (Date.parse(row["event_time"] ?? "") - Date.parse(before["event_time"] ?? "")) / 3.6e6;
        return Math.max(fastest, (2 * 6_371 * Math.asin(Math.sqrt(h))) / hours);
    }, 0);
}

const logins = (instance: Instance): Row[] =>
    instance.own("user_actions").filter(({ action }) => action === "login_succeeded");

function prices(instance: Instance): number[] {
    const symbol = `${instance.ids("token")[0] ?? ""}USDT`;
    return instance
        .rows("market_trades", 5)
        .filter((row) => row["symbol"] === symbol)
        .map(({ price }) => Number(price));
}

/** Posts of a mood on the instance's token, of the instance's time or of the half hour before it. */
function posts(instance: Instance, mood: string, before = false): Row[] {
    const [token] = instance.ids("token");
    const [from, to] = before
        ? [new Date(Date.parse(instance.from) - 30 * 60_000).toISOString(), instance.from]
        : [instance.from, instance.to];
    return played()
        .rows("sentiment_scores")
        .filter((row) => row["token"] === token && row["label"] === mood)
        .filter(({ event_time }) => (event_time ?? "") >= from && (event_time ?? "") <= to);
}

const evidence: Record<string, (instance: Instance) => void> = {
    self_trade: (instance) => {
        const own = instance.inside().filter((row) => row["maker_account_id"] === row["taker_account_id"]);
        assert.ok(own.length >= 3);
    },
    ping_pong: (instance) => {
        const trades = instance.inside().map(buyers);
        const [one] = instance.ids("account");
        const to = trades.filter(([buyer]) => buyer === one).length;
        assert.ok(to >= 3 && trades.length - to >= 3, `${String(to)} to, ${String(trades.length - to)} fro`);
    },
    ring_of_three: (instance) => {
        const edges = new Set(instance.inside().map((trade) => buyers(trade).join(">")));
        assert.equal(edges.size, 3, [...edges].join(" "));
    },
    prevented_self_trade: (instance) => {
        const prevented = instance.own("user_orders").filter(({ reason }) => reason === "self_trade_prevention");
        assert.ok(prevented.length >= 3);
        assert.equal(instance.inside().length, 0);
    },
    layering: (instance) => layering(instance, "cancelled", 3),
    layering_ordinary_sizes: (instance) => layering(instance, "cancelled", 8),
    layering_partial_fills: (instance) => {
        layering(instance, "cancelled", 2);
        assert.ok(instance.own("user_orders").some(({ state }) => state === "partially_filled"));
    },
    layering_amend_away: (instance) => layering(instance, "amended", 3),
    spoofing: (instance) => layering(instance, "cancelled", 1),
    quote_stuffing: (instance) => {
        const orders = instance.own("user_orders");
        const bySecond = Map.groupBy(orders, ({ event_time }) => event_time?.slice(0, 19));
        assert.ok(Math.max(...[...bySecond.values()].map(({ length }) => length)) >= 20);
        assert.ok(bySide(orders, "cancelled").buy.count >= 140);
    },
    two_sided_maker: (instance) => {
        const { buy, sell } = bySide(instance.own("user_orders"), "cancelled");
        const [less, more] = [buy.count, sell.count].sort((a, b) => a - b);
        assert.ok(
            less !== undefined && more !== undefined && less > 50 && more < 1.5 * less,
            `${String(less)} ${String(more)}`,
        );
    },
    takeover_login: (instance) => takeover(instance, true, false),
    takeover_login_split: (instance) => takeover(instance, true, true),
    takeover_session: (instance) => takeover(instance, false, false),
    takeover_session_split: (instance) => takeover(instance, false, true),
    impossible_travel: (instance) => assert.ok(speed(logins(instance)) > 1_500),
    vpn_user: (instance) => {
        assert.ok(logins(instance).every((row) => row["asn_class"] === "vpn"));
        assert.ok(new Set(logins(instance).map(({ city }) => city)).size > 1);
    },
    mobile_ip_churn: (instance) => {
        const all = logins(instance);
        assert.equal(new Set(all.map(({ ip }) => ip)).size, all.length);
        assert.equal(new Set(all.map(({ city }) => city)).size, 1);
        assert.equal(new Set(all.map((row) => row["asn"])).size, 1);
    },
    structuring: (instance) => {
        const amounts = instance.withdrawn().map((row) => amount(row));
        assert.ok(amounts.length >= 3 && amounts.every((value) => value < 10_000 && value > 8_900));
    },
    structuring_many_small: (instance) => {
        const requests = instance.withdrawn();
        assert.ok(requests.length >= 12 && requests.every((row) => amount(row) < 1_500));
        assert.ok(sum(requests) > 10_000 && sum(requests) < 15_000);
    },
    withdrawal_velocity: (instance) => assert.ok(instance.withdrawn().length >= 8),
    dormant_reactivation: (instance) => {
        const [user] = instance.ids("user");
        const before = played()
            .rows("user_actions")
            .filter((row) => row["user_id"] === user && (row["event_time"] ?? "") < instance.from);
        const silent = Date.parse(instance.from) - Date.parse(before.at(-1)?.["event_time"] ?? "");
        assert.ok(silent > 0.75 * options.historyDays * 86_400_000);
        assert.ok(amount(instance.withdrawn().at(-1), "balance_after") < 0.2 * sum(instance.withdrawn()));
    },
    pass_through: (instance) => {
        const [deposit] = instance.own("user_deposits").filter(({ state }) => state === "credited");
        assert.ok(sum(instance.withdrawn()) >= 0.9 * amount(deposit));
        assert.deepEqual(
            instance.own("user_orders").filter(({ state }) => state === "new"),
            [],
        );
    },
    pass_through_swap: (instance) => {
        const [deposit] = instance.own("user_deposits").filter(({ state }) => state === "credited");
        const [left] = instance.withdrawn();
        assert.notEqual(left?.["asset"], deposit?.["asset"]);
        assert.ok(instance.own("user_orders").length > 0);
    },
    payday_deposits: (instance) => assert.ok(instance.own("user_deposits", 6).length >= 30),
    whale_withdrawal: (instance) => {
        const [request] = instance.withdrawn();
        assert.ok(amount(request) > 1_000);
        assert.ok(amount(request) < 0.3 * amount(request, "balance_after"));
    },
    negative_buzz: (instance) => {
        const [now, before] = [posts(instance, "negative").length, posts(instance, "negative", true).length];
        assert.ok(now >= 15 && now >= 3 * before, `${String(now)} after ${String(before)}`);
    },
    listing_day_hype: (instance) => {
        assert.ok(posts(instance, "positive").length > 3 * posts(instance, "positive", true).length);
        assert.ok(posts(instance, "negative").length < 0.3 * posts(instance, "positive").length);
    },
    pump_and_dump: (instance) => {
        const [first = 1, ...rest] = prices(instance);
        const top = Math.max(...rest);
        assert.ok(top > 1.04 * first, `${String(first)} to ${String(top)}`);
        assert.ok((rest.at(-1) ?? 0) < first + 0.75 * (top - first), "and down again");
    },
    momentum_ignition: (instance) => {
        const [account] = instance.ids("account");
        const trades = instance.rows("user_trades").map(buyers);
        assert.ok(trades.filter(([buyer]) => buyer === account).length >= 5);
        assert.ok(trades.filter(([, seller]) => seller === account).length >= 3);
    },
    market_crash: (instance) => assert.ok(instance.ids("token").length >= 6),
    arbitrage_bot: (instance) => {
        const [account] = instance.ids("account");
        assert.ok(instance.rows("user_trades").some((row) => row["taker_account_id"] === account));
    },
};

describe("simulator: scenarios", function () {
    this.timeout(180_000);
    before(() => played());

    for (const { name, class: kind } of repertoire)
        it(`${kind} ${name} is what its label says`, () => {
            const labels = played()
                .rows("scenario_labels")
                .filter((row) => row["scenario"] === name);
            const instances = [...Map.groupBy(labels, (row) => row["scenario_id"]).values()];
            assert.ok(instances.length > 0, `not played: ${played().notes.join("; ")}`);
            for (const rows of instances) {
                assert.ok(rows.every((row) => row["class"] === kind));
                evidence[name]?.(new Instance(rows));
            }
        });

    it("have evidence looked for, every one of them", () => {
        assert.deepEqual(Object.keys(evidence).sort(), repertoire.map(({ name }) => name).sort());
    });

    it("move nobody faster than planes do, but in scenarios and through VPNs", () => {
        const abused = new Set(
            played()
                .rows("scenario_labels")
                .filter((row) => row["class"] === "scenario")
                .map((row) => row["entity_id"]),
        );
        const all = played()
            .rows("user_actions")
            .filter((row) => row["action"] === "login_succeeded" && row["asn_class"] !== "vpn")
            .filter((row) => !abused.has(row["user_id"] ?? ""));
        let moved = 0;
        for (const [user, logins] of Map.groupBy(all, (row) => row["user_id"]))
            for (const [index, login] of logins.slice(1).entries()) {
                const before = logins[index] ?? login;
                if (before["city"] === login["city"]) continue;
                moved++;
                assert.ok(speed([before, login]) < 900, `${user ?? ""} at ${login["event_time"] ?? ""}`);
            }
        assert.ok(moved > 0);
    });

    it("know dormant people from long before the recorded past, where that is asked for", () => {
        const one = { ...options, accounts: 400, minutes: 45, historyDays: 1, dormantDays: 240 };
        const { rows } = play({ ...one, scenarios: { dormant_reactivation: 1 } });
        const user = rows("scenario_labels").find((row) => row["entity_kind"] === "user")?.["entity_id"];
        const [first] = rows("user_actions").filter((row) => row["user_id"] === user);
        const days = (options.start - Date.parse(first?.["event_time"] ?? "")) / 86_400_000;
        assert.ok(days > 190 && days < 241, String(days));
        const recorded = rows("user_deposits").map(({ event_time }) => Date.parse(event_time ?? ""));
        assert.ok(Math.min(...recorded) > options.start - 2 * 86_400_000, "nothing else was played that far back");
    });

    it("are played as often as asked, or it is said why not", () => {
        const few = play({
            ...options,
            accounts: 1_000,
            minutes: 40,
            historyDays: 1,
            scenarios: { self_trade: 2, ping_pong: 1 },
        });
        assert.deepEqual(few.rows("scenario_labels"), []);
        assert.deepEqual(few.notes, [
            "self_trade: not played, needs 48 minutes",
            "ping_pong: not played, needs 48 minutes",
        ]);
    });

    it("are left out one by one where nobody fits or no token is free, each with the reason", () => {
        const scenarios = { momentum_ignition: 30 };
        const { rows, notes } = play({ ...options, accounts: 200, minutes: 40, historyDays: 0, scenarios });
        const played = new Set(rows("scenario_labels").map((row) => row["scenario_id"]));
        assert.equal(played.size + notes.length, 30);
        const busy = /^[0-9a-f]{8}-momentum_ignition-\d+: left out: every token that fits is in another scenario$/;
        assert.ok(
            notes.some((note) => busy.test(note)),
            notes.join("; "),
        );
    });

    it("are of another size and length each time", () => {
        const all = play({ ...options, minutes: 60, scenarios: { self_trade: 5 }, historyDays: 1 });
        const labels = all.rows("scenario_labels").filter((row) => row["entity_kind"] === "user");
        const lengths = labels.map((row) => Date.parse(row["ended_at"] ?? "") - Date.parse(row["started_at"] ?? ""));
        assert.equal(new Set(lengths).size, 5);
    });
});
