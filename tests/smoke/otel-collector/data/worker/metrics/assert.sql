SELECT * FROM (
SELECT MetricName, MetricUnit, Attributes, toString(Value) AS value FROM otel.otel_metrics_gauge WHERE ServiceName = 'emitter' AND MetricName LIKE 'emitter%'
UNION ALL
SELECT MetricName, MetricUnit, Attributes, toString((Value, AggregationTemporality, IsMonotonic)) AS value FROM otel.otel_metrics_sum WHERE ServiceName = 'emitter' AND MetricName LIKE 'emitter%'
UNION ALL
SELECT MetricName, MetricUnit, Attributes, toString((Count, Sum, BucketCounts, ExplicitBounds)) AS value FROM otel.otel_metrics_histogram WHERE ServiceName = 'emitter' AND MetricName LIKE 'emitter%'
) ORDER BY MetricName FORMAT TSV
