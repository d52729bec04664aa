// What a browser may report: page views and clicks by declared name, nothing that was typed, and nothing about who it says it is.
//
// The key of this interface stands in a public page, so every field is a claim of a stranger. Logins, security changes and the user behind a
// session come from the venue's own systems, over their own keys; the session id joins the two.
import { z } from "zod";
import { timePattern } from "../dsl";

/** Ids as the page or the snippet makes them. */
const id = z.string().regex(/^[\w.:-]{1,128}$/, "must be 1 to 128 letters, digits and . : _ -");

/** One action in a browser. */
export const browserAction = z.strictObject({
    action_id: id.describe("Id of the action, made in the browser; a resend carries the same one"),
    action: z.enum(["page_view", "click"]).describe("What was done"),
    event_time: z
        .string()
        .regex(new RegExp(timePattern), "not a UTC time like 2026-11-22T14:40:00.123Z")
        .describe("When, by the browser's clock; where that is far off, the gateway's clock counts"),
    page: z.string().min(1).max(2048).optional().describe("Path of the page; a query string or fragment is cut off"),
    element: id.optional().describe("Declared name (data-action) of what was clicked"),
});

/** The envelope of a browser's report; its actions are judged one by one. */
export const browserReport = z.strictObject({
    session_id: id.optional().describe("Session, as the page declares it (data-session)"),
    device_id: id.optional().describe("Device, as the page declares it (data-device)"),
    actions: z.array(z.unknown()).min(1),
});

export type BrowserAction = z.output<typeof browserAction>;
export type BrowserReport = z.output<typeof browserReport>;
