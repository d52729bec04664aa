// Asked by `make` before npm is: does node_modules hold what package-lock.json says? Plain Node, for it runs before there is tsx.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));

/** The first difference found, as a phrase, or undefined. npm writes its own lockfile into node_modules last, so one cut short has none. */
function difference(root) {
    const wanted = read(path.join(root, "package-lock.json")).packages;
    const hidden = path.join(root, "node_modules", ".package-lock.json");
    if (!fs.existsSync(hidden)) return "not installed";
    const installed = read(hidden).packages;
    for (const [name, { version, optional }] of Object.entries(wanted)) {
        const has = installed[name]?.version;
        if (name === "" || has === version || (optional && has === undefined)) continue;
        return `${name} is ${has ?? "missing"}, not ${version}`;
    }
    for (const name of Object.keys(installed)) {
        if (!fs.existsSync(path.join(root, name))) return `${name} is gone`;
    }
    return undefined;
}

const found = difference(process.argv[2]);
if (found !== undefined) {
    console.log(found);
    process.exitCode = 1;
}
