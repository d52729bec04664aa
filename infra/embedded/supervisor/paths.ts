/** Where a stack's supervisor keeps its state, its socket and its children's logs. */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";

/** The project folder: the working directory of the supervisor and the default one of its children. */
export const PROJECT_DIR = path.resolve(__dirname, "../../..");

/** Every path is absolute. */
export interface SupervisorPaths {
    dir: string;
    /** Desired state. */
    processes: string;
    /** Which processes run, by pid and start time. */
    pids: string;
    pidFile: string;
    lock: string;
    /** A file that holds the socket's path. */
    socketFile: string;
    logs: string;
    ownLog: string;
}

/** The layout below a stack's folder (`<project>/.trading/<stack>`); creates nothing. */
export function supervisorPaths(dir: string): SupervisorPaths {
    const root = path.resolve(dir);
    const home = path.join(root, "supervisor");
    const logs = path.join(root, "logs");
    return {
        dir: root,
        processes: path.join(home, "processes.json"),
        pids: path.join(home, "pids.json"),
        pidFile: path.join(home, "supervisor.pid"),
        lock: path.join(home, "lock"),
        socketFile: path.join(home, "socket"),
        logs,
        ownLog: path.join(logs, "supervisor.log"),
    };
}

/** Creates the folders of a stack's supervisor; they hold specs with secrets, so they are the user's alone. */
export function makeSupervisorDirs(paths: SupervisorPaths): void {
    mkdirSync(path.dirname(paths.processes), { recursive: true, mode: 0o700 });
    mkdirSync(paths.logs, { recursive: true, mode: 0o700 });
}

/**
 * The socket lives outside the stack's folder because a unix socket's path is limited to about 100 bytes.
 * @throws Error when the per-user folder belongs to somebody else, who could then pose as the supervisor.
 */
export function socketPath(dir: string): string {
    const { uid } = userInfo();
    const folder = path.join(tmpdir(), `trading-supervisor-${uid}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(folder);
    if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0) {
        throw new Error(
            `supervisor: ${folder} must be a folder that only user ${uid} can enter, found mode ${(stat.mode & 0o777).toString(8)} of user ${stat.uid}; remove it or set TMPDIR`,
        );
    }
    const key = createHash("sha256").update(realpathSync(dir)).digest("hex").slice(0, 16);
    return path.join(folder, `${key}.sock`);
}
