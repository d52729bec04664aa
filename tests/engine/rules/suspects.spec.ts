// Proves, on the real engine: a rule that names suspects is not asked about a minute or less in which there are none, also of rows that had not come by
// the time that is asked for; and is asked where there are some, and about longer ranges.
// Does not prove: that no rule's suspects leave somebody out (golden.spec.ts asks for them first in each of its pieces).
import assert from "node:assert/strict";
import { Database } from "../../../functions/shared/clickhouse";
import { declaredValues, evaluated } from "../../../functions/evaluator/rules/rule";
import { judge } from "../../../functions/evaluator/rules/judge";
import { minute } from "../../../functions/shared/time";
import { rule } from "../../../schema/rules/spec";
import { useClickHouseHost } from "../../support/clickhouse";
import { createDetection, drained, storeWithdrawals } from "../../support/detection";

const start = Date.parse("2026-11-20T14:00:00Z");

describe("suspects of a rule", function () {
    this.timeout(60_000);
    const host = useClickHouseHost();
    // Whoever withdraws more than 100 at once, though the rule sums up: what it misses shows that the rule was not asked.
    const suspicious = rule("suspicious", {
        ...drained("suspicious"),
        suspects: `SELECT user_id FROM trading.user_withdrawals
            WHERE ifNull(run_id, '') = {run} AND event_time > {since} AND event_time <= {as_of} AND amount > {floor}`,
    });
    let database: Database;

    before(async () => {
        await createDetection(host.client, [suspicious]);
        database = new Database(host.url);
        const row = (id: string, user: string, amount: string, seconds: number) => ({
            ...{ id, user, amount, at: start + seconds * 1_000, received: start + seconds * 1_000 + 5 },
        });
        await storeWithdrawals(host.client, [
            ...[row("a", "little by little", "60", 1), row("b", "little by little", "60", 2)],
            ...[row("c", "at once", "120", 130)],
        ]);
    });
    after(() => database.close());

    const found = async (from: number, to: number, known?: number): Promise<string[]> => {
        const range = { since: (start + from * 1_000) * 1_000, until: (start + to * 1_000) * 1_000 };
        const { rows } = await judge(database, {
            ...{ evaluated: evaluated(suspicious), run: "", range, values: declaredValues(suspicious) },
            ...(known !== undefined && { known: new Map([["user_withdrawals", start + known * 1_000]]) }),
        });
        return rows.map(({ entityId }) => entityId);
    };

    it("decide whether it is asked about a short range", async () => {
        assert.deepEqual(await found(0, 60), []);
        assert.deepEqual(await found(120, 180), ["at once"]);
    });

    it("are those that are known at the time asked for", async () => {
        assert.deepEqual(await found(120, 180, 129), []);
        assert.deepEqual(await found(120, 180, 131), ["at once"]);
    });

    it("are not looked for in a longer range", async () => {
        assert.deepEqual(await found(0, minute / 1_000_000 + 1), ["little by little"]);
    });
});
