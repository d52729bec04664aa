// Pure: which changes of a column's type keep every stored value what it is.
import { bracket, split, squeezed, unquoted } from "./text";

interface Type {
    name: string;
    args: string[];
}

function parse(text: string): Type {
    const squeezedText = squeezed(text);
    const inner = bracket(squeezedText);
    return inner === undefined
        ? { name: squeezedText, args: [] }
        : { name: squeezedText.slice(0, squeezedText.indexOf("(")), args: split(inner.inside) };
}

/** LowCardinality is only a way to store. */
const plain = (type: Type): Type => (type.name === "LowCardinality" ? parse(type.args[0] ?? "") : type);

/** Number types from narrow to wide. */
const ladders = [
    ["UInt8", "UInt16", "UInt32", "UInt64", "UInt128", "UInt256"],
    ["Int8", "Int16", "Int32", "Int64", "Int128", "Int256"],
    ["UInt8", "Int16", "Int32", "Int64"],
    ["UInt16", "Int32", "Int64"],
    ["UInt32", "Int64"],
    ["Float32", "Float64"],
    ["BFloat16", "Float32"],
    ["Date", "Date32"],
];

/** Whether every value of one type is the same value in the other. */
export function widens(from: string, to: string): boolean {
    if (squeezed(from) === squeezed(to)) return true;
    const [a, b] = [plain(parse(from)), plain(parse(to))];
    if (b.name === "Nullable") return widens(a.name === "Nullable" ? (a.args[0] ?? "") : render(a), b.args[0] ?? "");
    if (a.name === "Nullable") return false;
    if (render(a) === render(b)) return true;
    if (ladders.some((ladder) => ladder.includes(a.name) && ladder.indexOf(b.name) > ladder.indexOf(a.name)))
        return true;
    return byName(a, b);
}

function byName(a: Type, b: Type): boolean {
    const pair = `${a.name}>${b.name}`;
    if (/^Enum(8|16)?>Enum(8|16)?$/.test(pair)) return members(a).every((member) => members(b).includes(member));
    if (/^(Enum(8|16)?|FixedString)>String$/.test(pair)) return true;
    switch (pair) {
        case "Decimal>Decimal": {
            const [[p1 = 0, s1 = 0], [p2 = 0, s2 = 0]] = [a.args.map(Number), b.args.map(Number)];
            return s2 >= s1 && p2 - s2 >= p1 - s1;
        }
        case "DateTime>DateTime64":
            return a.args.join() === b.args.slice(1).join();
        case "DateTime64>DateTime64":
            return Number(b.args[0]) >= Number(a.args[0]) && a.args.slice(1).join() === b.args.slice(1).join();
        case "Array>Array":
        case "Map>Map":
            return a.args.every((arg, index) => widens(arg, b.args[index] ?? ""));
        case "Tuple>Tuple":
            return a.args.length === b.args.length && a.args.every((arg, index) => element(arg, b.args[index] ?? ""));
        default:
            return false;
    }
}

/** `name Type` of a tuple: the name must stay. */
function element(from: string, to: string): boolean {
    const [a, b] = [split(from, " "), split(to, " ")];
    return a.length === b.length && (a.length < 2 || a[0] === b[0]) && widens(a.at(-1) ?? "", b.at(-1) ?? "");
}

const render = ({ name, args }: Type): string => (args.length === 0 ? name : `${name}(${args.join(", ")})`);

const members = ({ args }: Type): string[] =>
    args.map((arg) => {
        const [word = "", number = ""] = split(arg, "=");
        return `${unquoted(word)}=${number}`;
    });
