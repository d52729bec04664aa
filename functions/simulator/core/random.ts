// Chance, from a seed: every part of the simulation draws from a stream of its own, so that one part more leaves the others as they were.
import { crc32 } from "node:zlib";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { skipN } from "pure-rand/utils/skipN";

/** From and to, both included for whole numbers. */
export type Range = readonly [min: number, max: number];

/**
 * A stream of draws. The same seed and name give the same stream everywhere: pure-rand is whole-number arithmetic, and Math.log and Math.exp
 * are V8's own software, not the machine's.
 */
export class Draw {
    private readonly source;

    /** `name` tells the stream from others of the same seed. */
    constructor(
        private readonly seed: number,
        private readonly name: string,
    ) {
        this.source = xoroshiro128plus(crc32(`${String(seed)}/${name}`));
        // The first numbers still show the seed.
        skipN(this.source, 16);
    }

    /** A stream of its own, which takes nothing from this one. */
    fork(name: string | number): Draw {
        return new Draw(this.seed, `${this.name}/${String(name)}`);
    }

    /** From 0 to under 1. */
    float(): number {
        return uniformFloat64(this.source);
    }

    /** A whole number of the range. */
    int([min, max]: Range): number {
        return uniformInt(this.source, min, max);
    }

    /** A number of the range. */
    between([min, max]: Range): number {
        return min + (max - min) * this.float();
    }

    /** A number of a range over 0, each order of magnitude as likely as the next. */
    scale([min, max]: Range): number {
        return min * Math.exp(this.float() * Math.log(max / min));
    }

    /** True with probability `share`. */
    chance(share: number): boolean {
        return this.float() < share;
    }

    /** Waiting time of a Poisson process with this mean. */
    exponential(mean: number): number {
        return -Math.log(1 - this.float()) * mean;
    }

    /** Standard normal, as the sum of twelve uniform draws: no tail beyond 6. */
    normal(): number {
        let sum = -6;
        for (let n = 0; n < 12; n++) sum += this.source.next() / 4294967296 + 0.5;
        return sum;
    }

    /** Log-normal by its median; `spread` is the standard deviation of the logarithm. */
    logNormal(median: number, spread: number): number {
        return median * Math.exp(this.normal() * spread);
    }

    /** One of a list. Throws on an empty one. */
    pick<T>(list: readonly T[]): T {
        const found = list[this.int([0, Math.max(0, list.length - 1)])];
        if (found === undefined) throw new RangeError("simulator: nothing to pick from");
        return found;
    }

    /** One of a list, by weight. */
    weighted<T extends { readonly weight: number }>(list: readonly T[]): T {
        let left = this.float() * list.reduce((sum, { weight }) => sum + weight, 0);
        for (const item of list) {
            left -= item.weight;
            if (left < 0) return item;
        }
        return this.pick(list);
    }

    /** Lower-case hex digits. */
    hex(digits: number): string {
        let text = "";
        while (text.length < digits) text += (this.source.next() >>> 0).toString(16).padStart(8, "0");
        return text.slice(0, digits);
    }
}
