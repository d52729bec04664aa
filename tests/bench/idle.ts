// What a stack costs that has nothing to do.
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type TestStack } from "../support/stack";

/** CPU ticks a second on Linux. */
const ticksPerSecond = 100;

/** CPU seconds a process has used since its start. */
export function cpuSeconds(pid: number): number {
    const fields =
        readFileSync(`/proc/${String(pid)}/stat`, "utf8")
            .split(") ")[1]
            ?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function residentMegabytes(pid: number): number {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"));
    return Number(line?.[1] ?? 0) / 1024;
}

/** CPU of all processes of the stack over some seconds, in percent of one core, and their resident memory. */
export async function idle(
    stack: TestStack,
    seconds: number,
): Promise<{ cpuPercent: number; megabytes: number; parts: string }> {
    const { pid } = await stack.supervisor.info();
    const children = (await stack.supervisor.list()).flatMap((each) =>
        each.pid === null ? [] : [{ name: each.name, pid: each.pid }],
    );
    const all = [{ name: "supervisor", pid }, ...children];
    const before = all.map((each) => cpuSeconds(each.pid));
    await pause(seconds * 1000);
    const usage = all.map((each, index) => ({
        name: each.name,
        cpu: ((cpuSeconds(each.pid) - (before[index] ?? 0)) / seconds) * 100,
        megabytes: residentMegabytes(each.pid),
    }));
    const sum = (pick: (each: (typeof usage)[number]) => number): number =>
        usage.reduce((total, each) => total + pick(each), 0);
    return {
        cpuPercent: sum((each) => each.cpu),
        megabytes: sum((each) => each.megabytes),
        parts: usage.map((each) => `${each.name} ${each.cpu.toFixed(1)}% ${each.megabytes.toFixed(0)} MiB`).join(", "),
    };
}
