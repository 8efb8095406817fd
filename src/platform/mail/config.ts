import type { Told } from '#kernel/faults.ts'
import type { ConfigField } from './config-fields.ts'
import { configFields, providerLabels } from './config-fields.ts'
import { mailFault } from './faults.ts'
import type { MailProvider, MailProviderConfig } from './types.ts'

export type MailConfigCheck =
  | { ok: true; value: MailProviderConfig }
  /** `summary` names the provider, `field` the first field that is wrong, `fault` what is wrong with it. */
  | { ok: false; field: string; fault: Told; summary: string }

/** A configuration in two parts, so that one can be stored in the clear and the other encrypted. */
export type SplitMailConfig = {
  settings: { provider: MailProvider; config: Record<string, unknown> }
  secrets: Record<string, string>
}

/**
 * Checks a provider's configuration field by field. Optional fields that are null count as absent; fields that the
 * provider does not have are refused by name.
 */
export function validateMailConfig(provider: string, config: unknown): MailConfigCheck {
  if (!isMailProvider(provider)) {
    const fault = mailFault('mail_provider', { providers: Object.keys(configFields).join(', ') })
    return { ok: false, field: 'provider', fault, summary: 'Invalid email configuration' }
  }
  const invalid = (field: string, fault: Told): MailConfigCheck => ({
    ok: false,
    field,
    fault,
    summary: `Invalid ${providerLabels[provider]} configuration`,
  })
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    return invalid('config', mailFault('mail_config_form'))
  }
  const given: Record<string, unknown> = { ...config }
  const fields = fieldsOf(provider)
  const unknownField = Object.keys(given).find((name) => !fields.has(name))
  if (unknownField !== undefined) return invalid(unknownField.slice(0, 100), mailFault('mail_field_unknown'))

  const value: Record<string, unknown> = {}
  for (const [name, field] of fields) {
    const fieldValue = given[name] ?? undefined
    if (fieldValue === undefined) {
      if (field.required) return invalid(name, mailFault('mail_field_needed'))
      continue
    }
    const problem = field.check(fieldValue)
    if (problem !== null) return invalid(name, problem)
    value[name] = fieldValue
  }
  if (provider === 'smtp' && (value.username === undefined) !== (value.password === undefined)) {
    if (value.username === undefined) return invalid('username', mailFault('mail_user_needed'))
    return invalid('password', mailFault('mail_password_needed'))
  }
  // The table of fields has the type's names, and each field's check its type.
  return { ok: true, value: { provider, config: value } as unknown as MailProviderConfig }
}

/** Takes the secret fields out of a configuration: what may be returned, and what must be encrypted. */
export function splitMailSecrets(value: MailProviderConfig): SplitMailConfig {
  const config: Record<string, unknown> = {}
  const secrets: Record<string, string> = {}
  const fields = fieldsOf(value.provider)
  for (const [name, fieldValue] of Object.entries(value.config)) {
    if (fields.get(name)?.secret) secrets[name] = String(fieldValue)
    else config[name] = fieldValue
  }
  return { settings: { provider: value.provider, config }, secrets }
}

/**
 * Puts a configuration together again. `settings` may come from storage, so both parts are checked anew.
 *
 * @throws Error that names the field if they are no valid configuration (never its value)
 */
export function joinMailSecrets(
  settings: { provider: string; config: Record<string, unknown> },
  secrets: Record<string, string>,
): MailProviderConfig {
  const check = validateMailConfig(settings.provider, { ...settings.config, ...secrets })
  if (!check.ok) throw new Error(`${check.summary}: ${check.field}: ${check.fault.message}`)
  return check.value
}

function isMailProvider(name: string): name is MailProvider {
  return Object.hasOwn(configFields, name)
}

function fieldsOf(provider: MailProvider): ReadonlyMap<string, ConfigField> {
  return new Map(Object.entries(configFields[provider]))
}
