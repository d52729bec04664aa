// The gRPC adapter: Pulumi's provider protocol on one side, kinds as plain objects on the other. All that is peculiar to the protocol:
//
// - The stock server of the Node SDK drops the configuration, gives no preview flag, no detailedDiff and old state only; hence this one.
// - CheckConfig and DiffConfig come before Configure and without secrets; Configure comes with `args` (typed) and `variables` (text).
//   Answering Handshake settles secrets and previews at once; without it Configure's answer does.
// - DiffConfig must say what changed: after an answer of 'nothing' the engine configures the provider with the OLD inputs for that run.
// - Secrets come as {4dabf18193072939515e22adb298388d: "1b47…", value}, also deep within a map; they are unwrapped here and wrapped again
//   at the same places on the way out, or they would lie in the state in plain text.
// - Property maps have no order on the wire (Go maps): keys are sorted here, and whatever has an order says so in a list of its own.
// - Unknown values exist at preview only, as magic strings; a check passes over them, a diff takes the old value in their place.
// - Check must return the inputs it was given, secrets and unknowns in place. A failed check stops the resource before its diff is shown;
//   so only malformed inputs fail there. What would be destructive fails in Update with preview=true: after the diff was shown.
// - Diff is called for every resource of every preview, unchanged or not, one after the other; also by refresh, with what was read as the
//   old side and the former inputs as the new side. With hasDetailedDiff set, exactly the named paths are shown, and `inputDiff` says that
//   they stand in the inputs, else the old value is looked for in the outputs.
// - Read answers an empty id for 'not there', which drops the resource from the state; an error fails the whole refresh. So a server that
//   cannot be reached answers with the old state. A read without inputs is an import, and must answer with inputs.
// - Delete is not called at preview, so what it refuses is first seen in `up`.
// - A log line that arrives after the response of its call may be lost: responses wait for the log.
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { type PluginAttach, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { type IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as pb from "@pulumi/pulumi/proto/provider_pb";
import { type Change, type Changes, compare, pathText } from "./changes";
import { problemsOf } from "./checks";
import { type Patience, Rejected, said, Services } from "./clients";
import { configShape, providerConfig } from "./config";
import { type Engine } from "./engine";
import { type Context, type Found, type Kind, type State } from "./kind";
import { kindOf } from "./kinds";
import { Problem } from "./problem";
import { ifReachable, notChecked, stateKept } from "./reachable";
import { type Decoded, decode, encode, hasUnknown, type Path, type Properties, settled } from "./wire";

/** How long create, update and delete wait for a service that is still starting. */
const patienceSeconds = 60;
const tokenOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";

type Handler<Request, Response> = grpc.handleUnaryCall<Request, Response>;

/** What a run knows of its surroundings. */
class Session {
    private services = new Services({});
    private readonly cancelled = new AbortController();

    constructor(readonly engine: Engine) {}

    configure(values: Properties): void {
        const config = providerConfig(values);
        this.services = new Services(config);
    }

    cancel(): void {
        this.cancelled.abort(new Error("cancelled"));
    }

    /** What a kind has at hand for one resource; an eager one waits for services, an idle one (preview, refresh) asks once. */
    context(urn: string, eager: boolean): Context {
        const log = this.engine.about(urn);
        const patience: Patience = eager
            ? { seconds: patienceSeconds, onWait: (message) => log.status(message), signal: this.cancelled.signal }
            : { seconds: 0 };
        return { clients: this.services.with(patience), log };
    }

    /** Turns a function into a gRPC handler; what it throws becomes the error's message, without a stack. */
    unary<Request, Response>(answer: (request: Request) => Response | Promise<Response>): Handler<Request, Response> {
        return (call, callback) => {
            Promise.resolve(call.request)
                .then(answer)
                .then(
                    async (response) => {
                        await this.engine.flush();
                        callback(null, response);
                    },
                    async (cause: unknown) => {
                        await this.engine.flush();
                        callback({ code: grpc.status.UNKNOWN, details: said(cause) });
                    },
                )
                .catch((cause: unknown) => process.stderr.write(`provider trading: ${said(cause)}\n`));
        };
    }
}

/** Says which resource a server's refusal is about. */
async function named<T>(title: string, work: () => Promise<T> | T): Promise<T> {
    try {
        return await work();
    } catch (cause) {
        throw cause instanceof Rejected ? new Problem(`${title}: ${cause.message}`) : cause;
    }
}

const stateOf = (id: string, inputs: Decoded, outputs: Decoded): State<object> => ({
    id,
    inputs: inputs.values,
    outputs: outputs.values,
});

function check(request: pb.CheckRequest): pb.CheckResponse {
    const kind = kindOf(tokenOf(request.getUrn()));
    const { values, secrets } = decode(request.getNews());
    const problems = problemsOf(kind.shape, values);
    const completed = problems.length === 0 && !hasUnknown(values) ? kind.complete?.(values) : undefined;
    const failures = problems.map((reason) => new pb.CheckFailure().setReason(reason));
    // Encoding is a good part of a preview's work: what was not completed goes back as it came.
    const inputs = completed === undefined ? request.getNews() : encode(completed, secrets);
    return new pb.CheckResponse().setInputs(inputs).setFailuresList(failures);
}

async function diff(session: Session, request: pb.DiffRequest): Promise<pb.DiffResponse> {
    const kind = kindOf(tokenOf(request.getUrn()));
    const context = session.context(request.getUrn(), false);
    const old = stateOf(request.getId(), decode(request.getOldInputs()), decode(request.getOlds()));
    const inputs = settled(decode(request.getNews()).values, old.inputs as Properties) as object;
    return diffResponse(await named(kind.title(old.inputs), () => kind.diff(context, old, inputs)));
}

function diffResponse({ changes, deleteBeforeReplace = false }: Changes): pb.DiffResponse {
    const response = new pb.DiffResponse()
        .setChanges(changes.length > 0 ? pb.DiffResponse.DiffChanges.DIFF_SOME : pb.DiffResponse.DiffChanges.DIFF_NONE)
        .setHasdetaileddiff(true)
        .setDeletebeforereplace(deleteBeforeReplace)
        .setDiffsList([...new Set(changes.map(({ path }) => path[0] ?? ""))])
        .setReplacesList(changes.filter((change) => change.replace === true).map(({ path }) => pathText(path)));
    for (const change of changes) response.getDetaileddiffMap().set(pathText(change.path), propertyDiff(change));
    return response;
}

function propertyDiff({ kind, replace = false }: Change): pb.PropertyDiff {
    const { ADD, ADD_REPLACE, UPDATE, UPDATE_REPLACE, DELETE, DELETE_REPLACE } = pb.PropertyDiff.Kind;
    const words = {
        add: [ADD, ADD_REPLACE],
        update: [UPDATE, UPDATE_REPLACE],
        delete: [DELETE, DELETE_REPLACE],
    } as const;
    return new pb.PropertyDiff().setKind(words[kind][replace ? 1 : 0]).setInputdiff(true);
}

/** Secrets of the inputs, which may come back in the outputs, and those the kind itself makes. */
const secretsOf = ({ secretOutputs = [] }: Kind<object>, secrets: readonly Path[]): Path[] => [
    ...secrets,
    ...secretOutputs,
];

async function create(session: Session, request: pb.CreateRequest): Promise<pb.CreateResponse> {
    const kind = kindOf(tokenOf(request.getUrn()));
    const { values, secrets } = decode(request.getProperties());
    const context = session.context(request.getUrn(), !request.getPreview());
    if (request.getPreview()) {
        const rehearse = async (): Promise<void> => kind.rehearse?.(context, values);
        const work = (): Promise<void> => named(kind.title(values), rehearse);
        if (!hasUnknown(values)) await ifReachable(context, notChecked, work, undefined);
        return new pb.CreateResponse().setProperties(encode(values, secrets));
    }
    const { id, outputs } = await named(kind.title(values), () => kind.create(context, values));
    return new pb.CreateResponse().setId(id).setProperties(encode(outputs, secretsOf(kind, secrets)));
}

async function update(session: Session, request: pb.UpdateRequest): Promise<pb.UpdateResponse> {
    const kind = kindOf(tokenOf(request.getUrn()));
    const { values, secrets } = decode(request.getNews());
    const old = stateOf(request.getId(), decode(request.getOldInputs()), decode(request.getOlds()));
    const context = session.context(request.getUrn(), !request.getPreview());
    if (request.getPreview()) {
        const inputs = settled(values, old.inputs as Properties) as object;
        const rehearse = async (): Promise<void> => kind.rehearse?.(context, inputs, old);
        await ifReachable(context, notChecked, () => named(kind.title(inputs), rehearse), undefined);
        return new pb.UpdateResponse().setProperties(encode(values, secrets));
    }
    const outputs = await named(kind.title(values), () => kind.update(context, old, values));
    return new pb.UpdateResponse().setProperties(encode(outputs, secretsOf(kind, secrets)));
}

async function read(session: Session, request: pb.ReadRequest): Promise<pb.ReadResponse> {
    const kind = kindOf(tokenOf(request.getUrn()));
    const inputs = decode(request.getInputs());
    const isImport = Object.keys(inputs.values).length === 0;
    const context = session.context(request.getUrn(), isImport);
    const old = stateOf(request.getId(), inputs, decode(request.getProperties()));
    const work = async (): Promise<Found<object> | "gone" | "away"> =>
        (await named(old.id, () => kind.read(context, old.id, isImport ? undefined : old))) ?? "gone";
    const found = isImport ? await work() : await ifReachable(context, stateKept, work, "away");
    if (found === "gone") return new pb.ReadResponse();
    if (found === "away")
        return new pb.ReadResponse()
            .setId(old.id)
            .setInputs(request.getInputs())
            .setProperties(request.getProperties());
    return new pb.ReadResponse()
        .setId(found.id)
        .setInputs(encode(found.inputs, [...inputs.secrets, ...(found.secrets ?? [])]))
        .setProperties(encode(found.outputs, secretsOf(kind, inputs.secrets)));
}

async function remove(session: Session, request: pb.DeleteRequest): Promise<Empty> {
    const kind = kindOf(tokenOf(request.getUrn()));
    const old = stateOf(request.getId(), decode(request.getOldInputs()), decode(request.getProperties()));
    await named(kind.title(old.inputs), () => kind.delete(session.context(request.getUrn(), true), old));
    return new Empty();
}

function checkConfig(request: pb.CheckRequest): pb.CheckResponse {
    const problems = problemsOf(configShape, decode(request.getNews()).values);
    const failures = problems.map((reason) => new pb.CheckFailure().setReason(reason));
    return new pb.CheckResponse().setInputs(request.getNews()).setFailuresList(failures);
}

const handshake = (): pb.ProviderHandshakeResponse =>
    new pb.ProviderHandshakeResponse().setAcceptSecrets(true).setAcceptResources(false).setAcceptOutputs(true);

const configured = (): pb.ConfigureResponse =>
    new pb.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true).setAcceptoutputs(true);

/** Moving a server changes the provider alone, never replaces it, and so touches no resource. */
const diffConfig = (request: pb.DiffRequest): pb.DiffResponse =>
    diffResponse({ changes: compare(decode(request.getOldInputs()).values, decode(request.getNews()).values) });

const schema = JSON.stringify({ name: "trading", version: "1.0.0" });

/** The provider as gRPC serves it. */
export function implementation(engine: Engine): grpc.UntypedServiceImplementation {
    const session = new Session(engine);
    const handlers: Partial<IResourceProviderServer> = {
        handshake: session.unary((request: pb.ProviderHandshakeRequest) => {
            engine.attach(request.getEngineAddress());
            return handshake();
        }),
        getSchema: session.unary(() => new pb.GetSchemaResponse().setSchema(schema)),
        getPluginInfo: session.unary(() => new PluginInfo().setVersion("1.0.0")),
        attach: session.unary((request: PluginAttach) => {
            engine.attach(request.getAddress());
            return new Empty();
        }),
        checkConfig: session.unary(checkConfig),
        diffConfig: session.unary(diffConfig),
        configure: session.unary((request: pb.ConfigureRequest) => {
            session.configure(decode(request.getArgs()).values);
            return configured();
        }),
        check: session.unary((request: pb.CheckRequest) => check(request)),
        diff: session.unary((request: pb.DiffRequest) => diff(session, request)),
        create: session.unary((request: pb.CreateRequest) => create(session, request)),
        read: session.unary((request: pb.ReadRequest) => read(session, request)),
        update: session.unary((request: pb.UpdateRequest) => update(session, request)),
        delete: session.unary((request: pb.DeleteRequest) => remove(session, request)),
        cancel: session.unary(() => {
            session.cancel();
            return new Empty();
        }),
    };
    return handlers as grpc.UntypedServiceImplementation;
}
