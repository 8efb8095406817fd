/** What may be wrong with the configuration of a mail provider; never a value, which may be a secret. */
import { defineFaults } from '#kernel/faults.ts'

export const mailFault = defineFaults({
  mail_provider: 'Must be one of {providers}',
  mail_config_form: 'Must be an object',
  mail_field_unknown: 'Unknown field',
  mail_field_needed: 'Required',
  mail_user_needed: 'Required together with password',
  mail_password_needed: 'Required together with username',
  mail_host: 'Invalid hostname',
  mail_port: 'Must be a whole number from 1 to 65535',
  mail_switch: 'Must be true or false',
  mail_domain: 'Invalid domain',
  mail_region: 'Must be "us" or "eu"',
  mail_stream: 'Invalid message stream',
  mail_aws_region: 'Invalid AWS region',
  mail_access_key: 'Invalid access key ID',
  mail_text: 'Must be a string',
  mail_length: 'Must have 1 to {most} characters',
  mail_control_characters: 'Must not contain line breaks or control characters',
  mail_ascii: 'Must consist of visible ASCII characters',
  mail_address: 'Invalid email address',
})
