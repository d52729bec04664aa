// When a message that failed is tried again.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** An alert is worth little after a minute, so it is tried often at first. */
const fast = [0.5, 1, 2, 4, 8, 15, 30].map((seconds) => seconds * second);
/** Standard Webhooks 1.0, "Deliverability and reliability": 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; its 5 s are in the fast lane already. */
const patient = [5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((hours) => hours * hour)];

/** The longest wait before each further attempt, ms; the first attempt is made at once, those beyond the last as far apart as that. */
export const steps: readonly number[] = [...fast, ...patient];

/** A message is given up at the first failure after so long: the time of the whole schedule. Attempts do not count, since some of them are probes. */
export const patienceMs = steps.reduce((sum, step) => sum + step, 0);

/** The longest a target is left alone after a failure: another message may be through where one was not. */
export const restMs = 30 * second;

/** While nobody knows whether a target is well, one message is tried this often at least. */
export const probeMs = minute;

/**
 * Wait after the n-th failed attempt, n from 1, with full jitter (any time up to the step: clients that failed together do not come back together,
 * AWS Architecture Blog, "Exponential Backoff and Jitter").
 */
export const waitAfter = (attempt: number, random: () => number): number =>
    Math.round(random() * (steps[Math.min(attempt, steps.length) - 1] ?? 0));
