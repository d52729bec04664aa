// Proves, on files written by MaxMind's own writer: places, networks and classes come out of each vendor's layout as the columns want them, what
// a file does not know stays unknown, and what a producer says is left alone. Does not prove: that any database is right about an address.
//
// The GeoIP2 and GeoLite2 files are MaxMind's test data (https://github.com/maxmind/MaxMind-DB, MIT), flat-city-ipv4 has the layout of
// ip-location-db and was written with github.com/maxmind/mmdbwriter.
import assert from "node:assert/strict";
import { join } from "node:path";
import { userActions } from "../../../schema/facts/userActions";
import { Addresses, plainAddress, withAddress } from "../../../functions/shared/enrichment/addresses";

const file = (name: string): string => join(__dirname, "databases", `${name}.mmdb`);
const open = (...names: string[]): Promise<Addresses> => Addresses.open(names.map(file));

const action = (own: Record<string, unknown>): Record<string, unknown> => ({
    ...{ event_id: "1", event_time: "2026-11-22T14:40:00Z", source_id: "web", origin: "live" },
    ...{ action_id: "1", action: "login_succeeded", channel: "browser", ...own },
});

describe("gateway: addresses", () => {
    it("reads city, country and coordinates as MaxMind nests them", async () => {
        const found = (await open("GeoIP2-City-Test")).lookup("81.2.69.142");
        assert.deepEqual(found?.place, {
            country: "GB",
            city: "London",
            latitude: "51.514200",
            longitude: "-0.093100",
        });
        assert.equal(found.placeDatabase, "GeoIP2-City-Test 2026-02-04");
    });

    it("reads the same from a flat layout, and leaves out what is empty or not what it should be", async () => {
        const addresses = await open("flat-city-ipv4");
        assert.deepEqual(addresses.lookup("81.2.69.1")?.place, {
            ...{ country: "GB", city: "London", latitude: "51.514301", longitude: "-0.091224" },
        });
        assert.deepEqual(withAddress(action({ ip: "8.8.8.8" }), addresses)["city"], undefined);
        assert.equal(addresses.lookup("9.9.9.9")?.placeDatabase, undefined);
    });

    it("does not take the first bits of an IPv6 address for an IPv4 address", async () => {
        const addresses = await open("flat-city-ipv4");
        // 2001::/16 begins with the bits of 32.1.0.0, which the file has.
        assert.equal(addresses.lookup("32.1.0.1")?.place.country, "ZZ");
        assert.equal(addresses.lookup("2001:db8::1")?.placeDatabase, undefined);
        assert.equal(addresses.lookup("::ffff:81.2.69.1")?.place.country, "GB");
        assert.equal(addresses.lookup("::ffff:5102:4501")?.place.country, "GB");
    });

    const classes: [database: string, ip: string, expected: string | undefined][] = [
        ["GeoIP2-Anonymous-IP-Test", "1.2.0.1", "vpn"],
        ["GeoIP2-Anonymous-IP-Test", "71.160.223.5", "hosting"],
        ["GeoIP2-Connection-Type-Test", "1.0.1.9", "mobile"],
        ["GeoIP2-Connection-Type-Test", "1.0.0.5", "isp"],
        ["GeoIP2-Enterprise-Test", "89.160.20.112", "business"],
        ["GeoIP2-Enterprise-Test", "74.209.24.0", "isp"],
        ["GeoLite2-ASN-Test", "1.128.0.1", undefined],
    ];
    for (const [database, ip, expected] of classes)
        it(`classes ${ip} by ${database} as ${expected ?? "unknown"}`, async () => {
            assert.equal((await open(database)).lookup(ip)?.network.asn_class, expected);
        });

    it("asks the files in order and names those that answered", async () => {
        const addresses = await open(
            "GeoIP2-City-Test",
            "GeoLite2-ASN-Test",
            "GeoIP2-Anonymous-IP-Test",
            "GeoIP2-Enterprise-Test",
        );
        const event = withAddress(action({ ip: "89.160.20.112" }), addresses);
        assert.deepEqual(
            [event["country"], event["asn"], event["asn_class"], event["geo_database"]],
            [
                "SE",
                "29518",
                "business",
                "GeoIP2-City-Test 2026-02-04, GeoLite2-ASN-Test 2026-02-04, GeoIP2-Enterprise-Test 2026-05-29",
            ],
        );
        assert.deepEqual(userActions.problems(event), []);
    });

    it("leaves alone what the producer says of the place, and still fills in the network", async () => {
        const addresses = await open("GeoIP2-City-Test", "GeoLite2-ASN-Test");
        const event = withAddress(action({ ip: "89.160.20.112", country: "NO" }), addresses);
        assert.deepEqual(
            [event["country"], event["city"], event["latitude"], event["asn"], event["geo_database"]],
            ["NO", undefined, undefined, "29518", "GeoLite2-ASN-Test 2026-02-04"],
        );
        const told = action({ ip: "89.160.20.112", city: "Oslo", asn: "1" });
        assert.deepEqual(withAddress(told, addresses), told);
    });

    it("changes nothing for an address nobody knows, a private one, or none", async () => {
        const addresses = await Addresses.open();
        for (const ip of ["10.0.0.1", "127.0.0.1", "::1", "fe80::1", "not an address", "", null, undefined, 7]) {
            const event = action({ ip });
            assert.deepEqual(withAddress(event, addresses), event, String(ip));
        }
    });

    it("knows countries out of the box, for IPv4 and IPv6", async () => {
        const addresses = await Addresses.open();
        assert.match(addresses.versions.join(), /^dbip-country \d{4}-\d\d-\d\d$/);
        assert.equal(addresses.lookup("81.2.69.142")?.place.country, "GB");
        assert.equal(addresses.lookup("2001:200::1")?.place.country, "JP");
    });

    it("names the file that cannot be read", async () => {
        await assert.rejects(open("nowhere"), /^Error: GEO_FILES: .*nowhere\.mmdb is not a MaxMind-format database/);
        await assert.rejects(Addresses.open([__filename]), /GEO_FILES: .*addresses\.spec\.ts is not a MaxMind-format/);
    });

    it("writes addresses in one form and takes nothing else for one", () => {
        const forms = { "1.2.3.4": "1.2.3.4", "::ffff:0102:0304": "1.2.3.4", "2001:DB8::0:1": "2001:db8::1" };
        for (const [given, expected] of Object.entries(forms)) assert.equal(plainAddress(given), expected);
        for (const given of ["1", "127.1", "010.0.0.1", "1.2.3.4:80", "[::1]", "fe80::1%eth0", "<script>", ""])
            assert.equal(plainAddress(given), undefined, given);
    });
});
