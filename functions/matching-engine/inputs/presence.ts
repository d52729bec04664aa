// Whether a followed file is there. It may come later, or be away for a moment while it is rotated; but nobody shall wait for it unawares.
import { type Logger } from "../../shared/log";

/** A rotation leaves nothing under the name for moments only. */
const patienceMs = 1_000;

/** Says once that there is no file under a name, and once that there is one again. */
export class Presence {
    private since: Date | undefined;
    private said = false;

    constructor(
        private readonly path: string,
        private readonly log: Logger,
    ) {}

    /** Takes in whether the file is there at this moment. */
    see(there: boolean): void {
        if (there) {
            if (this.said) this.log.info({ path: this.path }, "the file is there");
            this.since = undefined;
            this.said = false;
            return;
        }
        this.since ??= new Date();
        if (this.said || Date.now() - this.since.getTime() < patienceMs) return;
        this.said = true;
        this.log.warn(
            { path: this.path },
            "there is no such file, waiting for it; if it is not to come, correct input.file.path",
        );
    }

    /** For the health page. */
    problem(): string | undefined {
        if (!this.said || this.since === undefined) return undefined;
        return `${this.path}: there is no such file since ${this.since.toISOString()}, waiting for it`;
    }
}
