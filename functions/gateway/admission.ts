// How much may be under way at once: what does not fit is sent away before a byte of its body is read, so that memory stays bounded.

/** Room for the bytes of requests under way. */
export class Admission {
    private held = 0;
    private leases = 0;

    constructor(private readonly maxBytes: number) {}

    /** Bytes taken. */
    get bytes(): number {
        return this.held;
    }

    /** Requests under way. */
    get requests(): number {
        return this.leases;
    }

    /** Takes room for a request; undefined when there is none. */
    admit(bytes: number): Lease | undefined {
        if (this.held + bytes > this.maxBytes) return undefined;
        this.leases += 1;
        this.held += bytes;
        return new Lease(
            bytes,
            (more) => {
                if (this.held + more > this.maxBytes) return false;
                this.held += more;
                return true;
            },
            (all) => {
                this.held -= all;
                this.leases -= 1;
            },
        );
    }
}

/** The room of one request. It is given back when nobody holds it: neither the connection nor what waits for Kafka. */
export class Lease {
    private holders = 1;

    constructor(
        private bytes: number,
        private readonly take: (bytes: number) => boolean,
        private readonly giveBack: (bytes: number) => void,
    ) {}

    /** Takes more room; false when there is none. */
    grow(bytes: number): boolean {
        if (!this.take(bytes)) return false;
        this.bytes += bytes;
        return true;
    }

    /** One more holder. */
    hold(): void {
        this.holders += 1;
    }

    /** A holder is done. */
    drop(): void {
        this.holders -= 1;
        if (this.holders === 0) this.giveBack(this.bytes);
    }
}
