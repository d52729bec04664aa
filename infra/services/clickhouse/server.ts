// Pure: config.d/trading.xml, what differs from the ClickHouse server's own defaults. As in the embedded engine, each feed has a thread to consume with, and a row is
// on the disk before Kafka hears that it was read. The server's tables about itself, of which nobody
// reads some, and its own log files would grow without end: it logs to the container's log, which is bounded. A container's memory is its own but for what it caches.

/** The file's text. */
export const serverXml = `<clickhouse>
    <timezone>UTC</timezone>
    <logger>
        <level>warning</level>
        <console>1</console>
        <log remove="1"/>
        <errorlog remove="1"/>
    </logger>
    <max_server_memory_usage_to_ram_ratio>0.8</max_server_memory_usage_to_ram_ratio>
    <background_message_broker_schedule_pool_size>32</background_message_broker_schedule_pool_size>
    <access_control_improvements>
        <users_without_row_policies_can_read_rows>true</users_without_row_policies_can_read_rows>
        <select_from_system_db_requires_grant>true</select_from_system_db_requires_grant>
    </access_control_improvements>
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
        <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>
        <min_compressed_bytes_to_fsync_after_merge>1</min_compressed_bytes_to_fsync_after_merge>
    </merge_tree>
    <query_log><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></query_log>
    <query_views_log><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></query_views_log>
    <part_log><ttl>event_date + INTERVAL 7 DAY DELETE</ttl></part_log>
    <trace_log remove="1"/>
    <text_log remove="1"/>
    <metric_log remove="1"/>
    <asynchronous_metric_log remove="1"/>
    <query_metric_log remove="1"/>
    <processors_profile_log remove="1"/>
</clickhouse>
`;
