# Proves: logs land in ClickHouse as they were sent; JSON bodies are told in attributes too; severity is one of six words with its number, the sender's before
# any other.

load helpers
setup_file() { load_variables && export DATA; }

@test "bodies that are text land as they are, with severity, attributes and trace" {
    emit_admitted logs string-bodies
    wait_for_rows otel_logs 3 string-bodies
    same_as_snapshot string-bodies
}

@test "bodies that are JSON, as text or as a map, are told in attributes too" {
    emit_admitted logs json-bodies
    wait_for_rows otel_logs 3 json-bodies
    same_as_snapshot json-bodies
}

@test "severity is the sender's, else the level of a JSON body, always in the same words" {
    emit_admitted logs severity
    wait_for_rows otel_logs 11 severity
    same_as_snapshot severity
}
