// For tests: the repository as it was at an earlier commit.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { repository } from "./pulumi";

const git = (...args: string[]): string =>
    execFileSync("git", ["-C", repository, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/**
 * The commit before the files that are here: the one before the last where nothing is changed, else the last one. `UPGRADE_FROM` names another. Undefined
 * where there is no history, as in a clone of depth 1.
 * @throws Error when UPGRADE_FROM names none
 */
export function previousCommit(): string | undefined {
    const named = process.env["UPGRADE_FROM"];
    if (named !== undefined) return git("rev-parse", "--verify", `${named}^{commit}`);
    try {
        return git("rev-parse", "--verify", git("status", "--porcelain") === "" ? "HEAD~1" : "HEAD");
    } catch {
        return undefined;
    }
}

/** Puts a commit's files into a temporary folder, which is whose calls it to remove; its dependencies are those installed here. */
export function checkOut(commit: string): string {
    const folder = mkdtempSync(path.join(tmpdir(), "commit-"));
    const tar = path.join(folder, "tree.tar");
    git("archive", "--format=tar", `--output=${tar}`, commit);
    const tree = path.join(folder, "tree");
    mkdirSync(tree);
    execFileSync("tar", ["-xf", tar, "-C", tree]);
    rmSync(tar);
    symlinkSync(path.join(repository, "node_modules"), path.join(tree, "node_modules"));
    return tree;
}

const ofTheStack = (name: string): boolean => ["node_modules", ".trading", "Pulumi.test.yaml"].includes(name);
const ofTheClone = (name: string): boolean => ofTheStack(name) || name === ".git";

/** Makes a project's files those that are here, as `git checkout` would; what belongs to its stack stays. */
export function bringToPresent(project: string): void {
    for (const name of readdirSync(project))
        if (!ofTheStack(name)) rmSync(path.join(project, name), { recursive: true });
    for (const name of readdirSync(repository))
        if (!ofTheClone(name)) cpSync(path.join(repository, name), path.join(project, name), { recursive: true });
}
