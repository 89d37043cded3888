export { createLocalClickHouse, type LocalClickHouseOptions } from "./clickhouse.ts";
export { createLocalKafka, type LocalKafkaOptions } from "./kafka.ts";
export type { LocalEngine } from "./local-engine.ts";
export { createLocalNginx, type LocalNginx, type LocalNginxOptions } from "./nginx.ts";
export { createLocalPostgres, type LocalPostgres, type LocalPostgresOptions } from "./postgres.ts";
export { createLocalPrometheus, type LocalPrometheusOptions } from "./prometheus.ts";
export { type PrometheusPrograms, prometheusPrograms } from "./prometheus-programs.ts";
export { createLocalRedis, type LocalRedisOptions } from "./redis.ts";
export { createLocalRedisCluster, type LocalRedisCluster } from "./redis-cluster.ts";
