/** Prometheus metrics of this process, served at /metrics. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export const metricsRegistry = new Registry()
collectDefaultMetrics({ register: metricsRegistry, prefix: 'clientele_' })

export const operationDuration = new Histogram({
  name: 'clientele_operation_duration_seconds',
  help: 'Duration of operations, by name and outcome (ok, or the kind of error).',
  labelNames: ['operation', 'outcome'] as const,
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  registers: [metricsRegistry],
})

export const httpRequests = new Counter({
  name: 'clientele_http_requests_total',
  help: 'Answers by contract and status class.',
  labelNames: ['contract', 'status'] as const,
  registers: [metricsRegistry],
})

export const clockSkew = new Gauge({
  name: 'clientele_clock_skew_seconds',
  help: "By how much the database's clock is ahead of this machine's.",
  registers: [metricsRegistry],
})

export const replicaReads = new Counter({
  name: 'clientele_replica_reads_total',
  help: 'Long reads of this process that might go to a replica, by what became of that: replica (begun there), late, unreachable, refused (all three: read from the primary), interrupted (begun there, done by the primary).',
  labelNames: ['read', 'outcome'] as const,
  registers: [metricsRegistry],
})

export const replicaUp = new Gauge({
  name: 'clientele_replica_up',
  help: 'Whether a replica for long reads answers, and is one of the primary.',
  labelNames: ['server'] as const,
  registers: [metricsRegistry],
})

export const replicaLag = new Gauge({
  name: 'clientele_replica_lag_bytes',
  help: 'How much of the write-ahead log that the primary has on its disk a replica has not replayed.',
  labelNames: ['server'] as const,
  registers: [metricsRegistry],
})
