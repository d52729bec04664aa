// Which trace the work at hand belongs to. The SDK's own manager of contexts knows no way into one but a callback, and Node's channels give none.
import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context, type ContextManager, ROOT_CONTEXT, trace } from "@opentelemetry/api";

type Callback<A extends unknown[], R> = (...args: A) => R;

/**
 * What new work belongs to: the trace at hand while its span is open. A loop that a request once set going (a way out that sends as long as there is something)
 * would otherwise go on in that request's trace for hours.
 */
export function ongoing(): Context {
    const active = context.active();
    return trace.getSpan(active)?.isRecording() === true ? active : trace.deleteSpan(active);
}

/** Contexts that follow what is awaited. */
export class Contexts implements ContextManager {
    private readonly storage = new AsyncLocalStorage<Context>();

    active(): Context {
        return this.storage.getStore() ?? ROOT_CONTEXT;
    }

    with<A extends unknown[], F extends Callback<A, ReturnType<F>>>(
        context: Context,
        work: F,
        self?: ThisParameterType<F>,
        ...args: A
    ): ReturnType<F> {
        return this.storage.run(context, () => work.apply(self, args));
    }

    /** What follows in this turn and what it leads to is in the context. */
    enter(context: Context): void {
        this.storage.enterWith(context);
    }

    bind<T>(context: Context, target: T): T {
        if (typeof target !== "function") return target;
        const bound = (...args: unknown[]): unknown =>
            this.storage.run(context, () => (target as Callback<unknown[], unknown>)(...args));
        return bound as T;
    }

    enable(): this {
        return this;
    }

    disable(): this {
        this.storage.disable();
        return this;
    }
}
