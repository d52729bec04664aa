/** Text on a terminal: tables in columns and ages in words. Pure. */

/** Rows under a head, first column to the left, the others to the right. */
export function table(head: string[], rows: string[][]): string[] {
    const all = [head, ...rows];
    const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
    return all.map((row) =>
        row
            .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
            .join("  "),
    );
}

/** Characters of a text that is somebody else's: one line on a wide terminal. */
const LINE = 160;

/** Beginning and end of a text of more than so many lines; an error's cause tends to stand at its end. */
export function cut(text: string, lines = 1): string {
    const most = lines * LINE;
    const tail = Math.floor(most * 0.4);
    return text.length > most + 1 ? `${text.slice(0, most - tail)}…${text.slice(-tail)}` : text;
}

/** Milliseconds as the largest unit that says something: 0.4 s, 12 s, 5 min, 3 h, 2 d. */
export function age(ms: number): string {
    const seconds = Math.max(0, ms) / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 120) return `${String(Math.round(seconds))} s`;
    if (seconds < 7200) return `${String(Math.round(seconds / 60))} min`;
    if (seconds < 172_800) return `${String(Math.round(seconds / 3600))} h`;
    return `${String(Math.round(seconds / 86_400))} d`;
}
