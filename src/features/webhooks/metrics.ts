import { Counter, Gauge, Histogram } from 'prom-client'
import { metricsRegistry } from '#platform/metrics/metrics.ts'

const registers = [metricsRegistry]

export const webhookAttempts = new Counter({
  name: 'clientele_webhook_attempts_total',
  help: 'Attempts of this process, by outcome: succeeded, or the kind of failure.',
  labelNames: ['outcome'] as const,
  registers,
})

export const webhookDeliveries = new Counter({
  name: 'clientele_webhook_deliveries_total',
  help: 'Deliveries that ended in this process: succeeded, or failed after the last attempt.',
  labelNames: ['outcome'] as const,
  registers,
})

export const webhookDelay = new Histogram({
  name: 'clientele_webhook_delay_seconds',
  help: 'From the moment at which an attempt was due to its beginning.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600],
  registers,
})

export const webhookAttemptDuration = new Histogram({
  name: 'clientele_webhook_attempt_duration_seconds',
  help: 'How long attempts took, up to the end of the answer.',
  buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
  registers,
})

export const webhooksInFlight = new Gauge({
  name: 'clientele_webhook_in_flight',
  help: 'Attempts of this process that are under way.',
  registers,
})

export const webhookBacklog = new Gauge({
  name: 'clientele_webhook_backlog',
  help: 'Deliveries of all tenants: ready (to be sent now, or being sent), waiting (for their next attempt); counted up to 100000.',
  labelNames: ['state'] as const,
  registers,
})

export const webhookOldestReady = new Gauge({
  name: 'clientele_webhook_oldest_ready_seconds',
  help: 'How long the oldest delivery that is ready has waited.',
  registers,
})
