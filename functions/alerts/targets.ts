// Targets as something can be sent to them, and routes as they are followed, from the stack's configuration.
import { type FieldName, type RouteSetting, type TargetSetting } from "../../schema/detection";
import { type Channel } from "./channels/channel";
import { pagerduty } from "./channels/pagerduty";
import { slack } from "./channels/slack";
import { telegram } from "./channels/telegram";
import { webhook } from "./channels/webhook";
import { type Destination, type Route } from "./core/model";

/** A target, ready to be written to. */
export interface Target {
    readonly destination: Destination;
    readonly channel: Channel;
    readonly fields: readonly FieldName[];
    /** Whether it is sent the weekly report. */
    readonly weeklyReport: boolean;
}

function channelOf(setting: TargetSetting): Channel {
    switch (setting.kind) {
        case "slack":
            return slack(setting.url);
        case "telegram":
            return telegram(setting);
        case "webhook":
            return webhook(setting.url, setting.secrets);
        case "pagerduty":
            return pagerduty(setting.url, setting.routingKey);
    }
}

/** A target of its settings. */
export function targetOf(setting: TargetSetting): Target {
    const channel = channelOf(setting);
    const { name, fields, fallback } = setting;
    const { burst = channel.bucket.burst, perSecond = channel.bucket.perSecond } = setting;
    const destination = { name, bucket: { burst, perSecond }, ...(fallback && { fallback }) };
    return { destination, channel, fields, weeklyReport: setting.kind !== "pagerduty" && setting.weeklyReport };
}

/** Where nobody has said who is told of what, everybody is told of everything. */
export const routesOr = (routed: readonly RouteSetting[], names: readonly string[]): Route[] =>
    routed.length > 0 ? routed.map(asRoute) : [{ targets: names }];

const asRoute = (route: RouteSetting): Route =>
    Object.fromEntries(Object.entries(route).filter(([, value]) => value !== undefined)) as unknown as Route;
