// What people do in browser, app and API before they trade: sessions, logins, security changes.
import { userActions } from "../../../schema/facts/userActions";
import { type Body, type Journal } from "../core/journal";
import { type Draw } from "../core/random";
import { type Person, usualPlace } from "./people";
import { type Place } from "./places";

/** Somebody at a device somewhere. */
export interface Session {
    readonly id: string;
    readonly person: Person;
    readonly place: Place;
    readonly device: string;
    readonly userAgent: string;
    readonly channel: "browser" | "app" | "api";
}

type Action = Body<typeof userActions>["action"];

/** Writes the actions of users. */
export class Web {
    private actions = 0;
    private sessions = 0;

    constructor(
        private readonly journal: Journal,
        private readonly draw: Draw,
    ) {}

    /** A session that nobody has logged in to yet. */
    session(person: Person, place: Place, device: string, userAgent = person.userAgent): Session {
        const id = `s-${String(++this.sessions)}-${this.draw.hex(8)}`;
        const channel = userAgent.includes("Mobile") ? "app" : "browser";
        return { id, person, place, device, userAgent, channel };
    }

    /** The usual one: from the usual place, with the usual device. */
    usual(person: Person): Session {
        return this.session(person, usualPlace(person), person.devices[0] ?? "");
    }

    /** Logs in. */
    login(session: Session): void {
        this.act(session, "login_succeeded");
    }

    /** Writes an action; `page` or `element` where it has one. */
    act(session: Session, action: Action, where: { page?: string; element?: string } = {}): void {
        const { person, place, device, userAgent, channel } = session;
        const { city, network } = place;
        const anonymous = action === "login_failed";
        this.journal.add(userActions, {
            action_id: String(++this.actions),
            action,
            channel,
            user_id: person.id,
            account_id: anonymous ? null : person.account.id,
            session_id: anonymous ? null : session.id,
            page: where.page ?? null,
            element: where.element ?? null,
            ip: place.ip,
            device_id: device,
            user_agent: userAgent,
            country: city.country,
            city: city.name,
            latitude: city.latitude,
            longitude: city.longitude,
            asn: String(place.asn),
            asn_class: network,
        });
    }
}
