SELECT Body FROM otel.otel_logs WHERE ServiceName = 'accepted' FORMAT TSV
