/** What may be wrong with a destination; never a value, which may be a secret. */
import type { Told } from '#kernel/faults.ts'
import { defineFaults } from '#kernel/faults.ts'

export const siemFault = defineFaults({
  siem_kind: 'kind must be syslog or webhook',
  siem_host: 'host must be a host name or an address',
  siem_port: 'port must be a whole number from 1 to 65535',
  siem_tls: 'tls must be true or false',
  siem_authority: 'ca must be a certificate in PEM',
  siem_url: 'url must begin with https:// or http://',
  siem_secret: 'secret must be "whsec_" and 24 to 64 bytes in base64',
})

export class DestinationError extends RangeError {
  override readonly name = 'DestinationError'
  readonly field: string
  readonly told: Told
  constructor(field: string, told: Told) {
    super(told.message)
    this.field = field
    this.told = told
  }
}
