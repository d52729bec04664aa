// Where people are: cities with their networks. All addresses are private or reserved for documentation, so that none is anybody's.
import { type Draw } from "../core/random";

/** A city with its coordinates in degrees and its size, any scale. */
export interface City {
    readonly index: number;
    readonly name: string;
    readonly country: string;
    readonly latitude: string;
    readonly longitude: string;
    readonly weight: number;
}

/** Kind of network, as IP enrichment classes it. */
export type NetworkClass = "isp" | "mobile" | "vpn";

/** Where a request comes from. */
export interface Place {
    readonly ip: string;
    readonly city: City;
    readonly asn: number;
    readonly network: NetworkClass;
}

const list: [name: string, country: string, latitude: number, longitude: number, weight: number][] = [
    ["Frankfurt am Main", "DE", 50.1109, 8.6821, 8],
    ["Berlin", "DE", 52.52, 13.405, 8],
    ["Paris", "FR", 48.8566, 2.3522, 8],
    ["Madrid", "ES", 40.4168, -3.7038, 6],
    ["Amsterdam", "NL", 52.3676, 4.9041, 4],
    ["London", "GB", 51.5074, -0.1278, 8],
    ["Warsaw", "PL", 52.2297, 21.0122, 5],
    ["Istanbul", "TR", 41.0082, 28.9784, 7],
    ["Lagos", "NG", 6.5244, 3.3792, 4],
    ["Nairobi", "KE", -1.2921, 36.8219, 2],
    ["Johannesburg", "ZA", -26.2041, 28.0473, 2],
    ["Dubai", "AE", 25.2048, 55.2708, 3],
    ["Mumbai", "IN", 19.076, 72.8777, 6],
    ["Singapore", "SG", 1.3521, 103.8198, 5],
    ["Jakarta", "ID", -6.2088, 106.8456, 4],
    ["Hong Kong", "HK", 22.3193, 114.1694, 4],
    ["Seoul", "KR", 37.5665, 126.978, 7],
    ["Tokyo", "JP", 35.6762, 139.6503, 6],
    ["Sydney", "AU", -33.8688, 151.2093, 3],
    ["Sao Paulo", "BR", -23.5505, -46.6333, 6],
    ["Buenos Aires", "AR", -34.6037, -58.3816, 3],
    ["Mexico City", "MX", 19.4326, -99.1332, 3],
    ["Toronto", "CA", 43.6532, -79.3832, 3],
    ["Zurich", "CH", 47.3769, 8.5417, 2],
];

/** Cities people live in. */
export const cities: readonly City[] = list.map(([name, country, latitude, longitude, weight], index) => ({
    index,
    name,
    country,
    latitude: latitude.toFixed(6),
    longitude: longitude.toFixed(6),
    weight,
}));

/** First of the private-use AS numbers (RFC 6996); each city has one per class of network. */
const firstAsn = 64_512;
const classes: readonly NetworkClass[] = ["isp", "mobile", "vpn"];

const asn = (city: City, network: NetworkClass): number => firstAsn + city.index * 10 + classes.indexOf(network);

/** An address of a class of network in a city: 10.<city and class>.x.y, or now and then IPv6 at home. */
export function place(city: City, network: NetworkClass, draw: Draw): Place {
    const block = city.index * 3 + classes.indexOf(network);
    const [high, low] = [draw.int([0, 255]), draw.int([1, 254])];
    const sixth = network === "isp" && draw.chance(0.1);
    const suffix = draw.int([1, 65_535]).toString(16);
    const ip = sixth
        ? `2001:db8:${(block + 1).toString(16)}:${(high * 256 + low).toString(16)}::${suffix}`
        : `10.${String(block)}.${String(high)}.${String(low)}`;
    return { ip, city, asn: asn(city, network), network };
}

const radians = (degrees: string): number => (Number(degrees) * Math.PI) / 180;

/** Great-circle distance in kilometres (haversine, mean Earth radius 6,371 km). */
export function distance(a: City, b: City): number {
    const [fromLatitude, toLatitude] = [radians(a.latitude), radians(b.latitude)];
    const byLatitude = Math.sin((toLatitude - fromLatitude) / 2) ** 2;
    const byLongitude = Math.sin((radians(b.longitude) - radians(a.longitude)) / 2) ** 2;
    return 2 * 6_371 * Math.asin(Math.sqrt(byLatitude + Math.cos(fromLatitude) * Math.cos(toLatitude) * byLongitude));
}
