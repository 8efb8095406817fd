import { Counter, Gauge } from 'prom-client'
import { metricsRegistry } from '#platform/metrics/metrics.ts'

const registers = [metricsRegistry]

export const notificationMails = new Counter({
  name: 'clientele_notification_mail_attempts_total',
  help: 'Attempts of this process to send an e-mail of a notification, by outcome: accepted, or what went wrong.',
  labelNames: ['outcome'] as const,
  registers,
})

export const notificationsInFlight = new Gauge({
  name: 'clientele_notification_mails_in_flight',
  help: 'E-mails of notifications of this process that are under way.',
  registers,
})

export const liveStreams = new Gauge({
  name: 'clientele_live_streams',
  help: 'Browsers that are connected to this process to see notifications as they come.',
  registers,
})
