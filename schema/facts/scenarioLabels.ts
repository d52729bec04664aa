// What the simulator injected, for judging rules; no rule may read it.
import { fact, label, oneOf, text, time } from "../dsl";

export const scenarioLabels = fact("scenario_labels", {
    description: "Labelled scenario or decoy of the simulator",
    columns: {
        scenario_id: text("Scenario instance"),
        scenario: label("Kind, e.g. self_trade, two_sided_maker"),
        class: oneOf(["scenario", "decoy"], "scenario: a rule should fire; decoy: none should"),
        entity_kind: oneOf(["user", "account", "token", "pair"], "What entity_id names"),
        entity_id: text("User, account, token or pair it concerns", { personal: true }),
        started_at: time("First event of the scenario"),
        ended_at: time("Last event of the scenario"),
    },
    identity: ["scenario_id", "entity_id"],
    entity: ["scenario", "entity_id"],
    key: ["scenario_id"],
    pace: "relaxed",
});
