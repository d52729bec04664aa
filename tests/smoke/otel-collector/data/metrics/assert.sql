SELECT * FROM (
SELECT 'gauge' AS kind, MetricName, MetricUnit, Attributes, toString(Value) AS value FROM otel.otel_metrics_gauge WHERE ServiceName = 'metrics'
UNION ALL
SELECT 'sum' AS kind, MetricName, MetricUnit, Attributes, toString((Value, AggregationTemporality, IsMonotonic)) AS value FROM otel.otel_metrics_sum WHERE ServiceName = 'metrics'
UNION ALL
SELECT 'histogram' AS kind, MetricName, MetricUnit, Attributes, toString((Count, Sum, BucketCounts, ExplicitBounds)) AS value FROM otel.otel_metrics_histogram WHERE ServiceName = 'metrics'
UNION ALL
SELECT 'exponential_histogram' AS kind, MetricName, MetricUnit, Attributes, toString((Count, Sum, Scale, ZeroCount, PositiveOffset, PositiveBucketCounts)) AS value FROM otel.otel_metrics_exponential_histogram WHERE ServiceName = 'metrics'
UNION ALL
SELECT 'summary' AS kind, MetricName, MetricUnit, Attributes, toString((Count, Sum, ValueAtQuantiles.Quantile, ValueAtQuantiles.Value)) AS value FROM otel.otel_metrics_summary WHERE ServiceName = 'metrics'
) ORDER BY kind FORMAT TSV
