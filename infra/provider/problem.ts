// What the provider says when something is wrong: words for a person.

/** An error for a person: `<where>: <what is wrong>, <what was found>; <what to do>`. Never shown with a stack trace. */
export class Problem extends Error {
    override readonly name = "Problem";
}

/** `1,234 rows`, `1 row` */
export const counted = (count: number, noun: string): string =>
    `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
