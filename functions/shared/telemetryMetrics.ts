// From the numbers that a worker keeps anyway (Prometheus' registries) to OpenTelemetry's metrics: nothing is counted twice.
import { type Attributes, type HrTime, ValueType } from "@opentelemetry/api";
import { hrTime } from "@opentelemetry/core";
import { type IResource } from "@opentelemetry/resources";
import {
    AggregationTemporality,
    type CollectionResult,
    type DataPoint,
    DataPointType,
    type Histogram,
    InstrumentType,
    type MetricData,
    type MetricDescriptor,
    type MetricProducer,
} from "@opentelemetry/sdk-metrics";
import { type MetricObjectWithValues, type MetricValue, type Registry } from "prom-client";

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Value = MetricValue<string> & { readonly metricName?: string };

/** The end of names that say their unit. */
const units: readonly (readonly [string, string])[] = [
    ["_seconds", "s"],
    ["_bytes", "By"],
];

/** The worker is the resource's name; `le` is a histogram's own. */
function attributesOf({ labels }: Value): Attributes {
    const own = Object.entries(labels).filter(([name]) => name !== "worker" && name !== "le");
    return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

/** Prometheus counts up to each boundary, OpenTelemetry between two. */
function histogramOf(values: readonly Value[], name: string): Histogram {
    const find = (end: string): number => values.find(({ metricName }) => metricName === name + end)?.value ?? 0;
    const buckets = values.filter(({ metricName }) => metricName === `${name}_bucket`);
    const upTo = buckets.map(({ value }) => value);
    return {
        buckets: {
            boundaries: buckets.map(({ labels }) => Number(labels["le"])).filter(Number.isFinite),
            counts: upTo.map((count, index) => count - (upTo[index - 1] ?? 0)),
        },
        sum: find("_sum"),
        count: find("_count"),
    };
}

/** A metric as OpenTelemetry has it; undefined for one that has no value yet, or that is a summary, which no worker keeps. */
export function metricData(metric: Metric, startTime: HrTime, endTime: HrTime): MetricData | undefined {
    const { name, help: description } = metric;
    // Node's own figures are NaN as long as nothing was measured, for which OTLP's JSON has no number: a collector would refuse all that comes with it.
    const values = (metric.values as readonly Value[]).filter(({ value }) => Number.isFinite(value));
    if (values.length === 0) return undefined;
    const unit = units.find(([end]) => name.replace(/_total$/, "").endsWith(end))?.[1] ?? "";
    const descriptor = (type: InstrumentType): MetricDescriptor => ({
        ...{ name, description, unit, valueType: ValueType.DOUBLE },
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- for exporters not to read, but the SDK's type demands it
        type,
    });
    const aggregationTemporality = AggregationTemporality.CUMULATIVE;
    const point = <T>(value: T, of: Value): DataPoint<T> => ({
        startTime,
        endTime,
        attributes: attributesOf(of),
        value,
    });
    const numbers = values.map((each) => point(each.value, each));
    // The package types `type` as an enumeration of numbers, but these are the words it sends.
    switch (metric.type as unknown as string) {
        case "counter":
            return {
                ...{ descriptor: descriptor(InstrumentType.COUNTER), aggregationTemporality },
                ...{ dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: numbers },
            };
        case "gauge":
            return {
                ...{ descriptor: descriptor(InstrumentType.GAUGE), aggregationTemporality },
                ...{ dataPointType: DataPointType.GAUGE, dataPoints: numbers },
            };
        case "histogram": {
            const series = Map.groupBy(values, (each) => JSON.stringify(attributesOf(each)));
            const dataPoints = [...series.values()].flatMap((group) =>
                group[0] === undefined ? [] : [point(histogramOf(group, name), group[0])],
            );
            return {
                ...{ descriptor: descriptor(InstrumentType.HISTOGRAM), aggregationTemporality },
                ...{ dataPointType: DataPointType.HISTOGRAM, dataPoints },
            };
        }
        default:
            return undefined;
    }
}

/** Asked by the SDK for what registries hold. */
export class RegistryProducer implements MetricProducer {
    private readonly registries: Registry[] = [];
    private readonly started = hrTime();

    constructor(private readonly resource: IResource) {}

    add(registry: Registry): void {
        this.registries.push(registry);
    }

    async collect(): Promise<CollectionResult> {
        const metrics = await Promise.all(this.registries.map((registry) => registry.getMetricsAsJSON()));
        const now = hrTime();
        const data = metrics.flat().flatMap((metric) => metricData(metric, this.started, now) ?? []);
        const scopeMetrics = [{ scope: { name: "prom-client" }, metrics: data }];
        return { resourceMetrics: { resource: this.resource, scopeMetrics }, errors: [] };
    }
}
