// A MaxMind-format file about addresses, and what its records say in the words of user_actions, whichever vendor wrote it.
import { basename } from "node:path";
import { isIPv6 } from "node:net";
import { open, type Reader, type Response } from "maxmind";
import { z } from "zod";

/** Where an address is; what the file does not know is undefined. */
export interface Place {
    /** ISO 3166-1 alpha-2. */
    country?: string | undefined;
    city?: string | undefined;
    /** Degrees, as decimal strings. */
    latitude?: string | undefined;
    longitude?: string | undefined;
}

/** Classes of networks, as the column asn_class has them. */
export type NetworkClass = "isp" | "mobile" | "hosting" | "vpn" | "business" | "education";

/** What kind of network an address belongs to. */
export interface Network {
    /** Autonomous system number. */
    asn?: string | undefined;
    asn_class?: NetworkClass | undefined;
}

const word = z.string().min(1).optional().catch(undefined);
const within = (least: number, most: number) => z.number().min(least).max(most).optional().catch(undefined);
const [north, east] = [within(-90, 90), within(-180, 180)];
const flag = z.boolean().optional().catch(undefined);
const part = <S extends z.ZodRawShape>(shape: S) => z.object(shape).partial().optional().catch(undefined);

const networkShape = {
    autonomous_system_number: within(0, 2 ** 32 - 1),
    connection_type: word,
    user_type: word,
    is_anonymous_vpn: flag,
    is_hosting_provider: flag,
    is_public_proxy: flag,
    is_residential_proxy: flag,
    is_tor_exit_node: flag,
};

/** Nested as MaxMind and DB-IP write it, or flat as ip-location-db does; anything else in a record is not looked at. */
const record = z.object({
    country: part({ iso_code: word }),
    country_code: word,
    city: z
        .union([z.string().min(1), z.object({ names: z.object({ en: z.string().min(1) }) })])
        .optional()
        .catch(undefined),
    location: part({ latitude: north, longitude: east }),
    latitude: north,
    longitude: east,
    traits: part(networkShape),
    ...networkShape,
});
type Entry = z.output<typeof record>;

/** MaxMind's user types: https://dev.maxmind.com/geoip/docs/databases/enterprise */
const userTypes: Record<string, NetworkClass> = {
    ...{ cellular: "mobile", hosting: "hosting", content_delivery_network: "hosting", search_engine_spider: "hosting" },
    ...{ business: "business", government: "business", military: "business" },
    ...{ college: "education", school: "education", library: "education" },
    ...{ residential: "isp", dialup: "isp", cafe: "isp", traveler: "isp" },
};

/** MaxMind's connection types: https://dev.maxmind.com/geoip/docs/databases/connection-type */
const connectionTypes: Record<string, NetworkClass> = {
    ...{ Cellular: "mobile", Corporate: "business", "Cable/DSL": "isp", Dialup: "isp", Satellite: "isp" },
};

/** What hides where a client is counts first, for that is what rules ask for. */
function classOf(network: Pick<Entry, keyof typeof networkShape>): NetworkClass | undefined {
    const { is_anonymous_vpn: vpn, is_tor_exit_node: tor, is_public_proxy: open, is_residential_proxy: home } = network;
    if (vpn === true || tor === true || open === true || home === true) return "vpn";
    if (network.is_hosting_provider === true) return "hosting";
    return userTypes[network.user_type ?? ""] ?? connectionTypes[network.connection_type ?? ""];
}

/** As the columns keep them: Decimal(9, 6). */
const degrees = (value: number): string => value.toFixed(6);

function placeOf({ country, country_code: code, city, location, latitude, longitude }: Entry): Place {
    const [lat, lon] = [location?.latitude ?? latitude, location?.longitude ?? longitude];
    return {
        country: country?.iso_code ?? code,
        city: typeof city === "object" ? city.names.en : city,
        ...(lat === undefined || lon === undefined ? {} : { latitude: degrees(lat), longitude: degrees(lon) }),
    };
}

function networkOf(entry: Entry): Network {
    const network = { ...entry, ...entry.traits };
    const { autonomous_system_number: asn } = network;
    return { asn: asn === undefined ? undefined : String(asn), asn_class: classOf(network) };
}

/** An opened file. */
export class GeoDatabase {
    private constructor(
        private readonly reader: Reader<Response>,
        /** The file's name and the day it was built, e.g. `GeoLite2-City 2026-11-17`. */
        readonly version: string,
    ) {}

    /** @throws Error naming the file when it is not there or no such database */
    static async open(file: string): Promise<GeoDatabase> {
        try {
            const reader = await open(file);
            const day = reader.metadata.buildEpoch.toISOString().slice(0, 10);
            return new GeoDatabase(reader, `${basename(file, ".mmdb")} ${day}`);
        } catch (error) {
            const why = error instanceof Error ? error.message : String(error);
            throw new Error(`GEO_FILES: ${file} is not a MaxMind-format database that can be read, ${why}`, {
                cause: error,
            });
        }
    }

    /** What the file says of a valid address; undefined when it is not in it. */
    get(ip: string): { place: Place; network: Network } | undefined {
        // A file of IPv4 alone would take the first 32 bits of an IPv6 address for one of its own.
        if (this.reader.metadata.ipVersion === 4 && isIPv6(ip)) return undefined;
        const found = this.reader.get(ip);
        if (found === null) return undefined;
        const entry = record.parse(found);
        return { place: placeOf(entry), network: networkOf(entry) };
    }
}
