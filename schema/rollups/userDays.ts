// What each user did in a day.
import { common, count, longDays, type Rollup } from "./spec";
import { inDays, refreshes, rollup, selected } from "./sql";
import { combine, measureNames, userMeasures } from "./userMeasures";

const lists = measureNames.filter((name) => userMeasures[name].combined === "union");
const others = measureNames.filter((name) => userMeasures[name].combined !== "union");

export const userDays: Rollup = {
    name: "user_days",
    description: "What each user did in a day",
    grain: "day",
    columns: {
        run: common.run,
        user_id: common.user_id,
        day: common.day,
        active_minutes: count("Minutes in which the user did anything, also what was undone later"),
        ...Object.fromEntries(others.map((name) => [name, userMeasures[name].column])),
        ...Object.fromEntries(lists.map((name) => [`distinct_${name}`, count(`Distinct ${name}`)])),
    },
    key: ["run", "user_id", "day"],
    partitionBy: "toYYYYMM(day)",
    expiresBy: "day",
    retentionDays: longDays,
    keeps: "latest",
    touched: [refreshes("user_minutes", "toStartOfDay(minute)")],
    select:
        `SELECT run, user_id, toDate(minute) AS day, count() AS active_minutes,\n    ` +
        selected({
            ...Object.fromEntries(others.map((name) => [name, combine(name)])),
            ...Object.fromEntries(lists.map((name) => [`distinct_${name}`, `length(${combine(name)})`])),
        }) +
        `\nFROM ${rollup("user_minutes")} WHERE ${inDays} GROUP BY run, user_id, day`,
    everySeconds: 300,
    reads: ["user_minutes"],
};
