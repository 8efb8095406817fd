/** What may be wrong with a template, with its variables, and with preferences. */
import { defineFaults } from '#kernel/faults.ts'

export const notificationFault = defineFaults({
  notice_variable_taken: "{name} is declared twice, or is the platform's own name",
  notice_no_text: 'At least one of fr and en is needed',
  notice_undeclared: 'Not declared among the variables: {names}',
  notice_variable_needed: 'The template asks for it',
  notice_title_empty: 'The title is empty with these variables',
  notice_url_form: 'Must be a URL that begins with https:// or http://',
  notice_quiet_hours_empty: 'start and end are the same: leave quiet_hours null for none',
  notice_security_stays: 'Security notifications are always sent: this category cannot be switched off',
  notice_template_unreadable: '{reason}',
  notice_user_unknown: 'No active user {user}',
  notice_role_empty: 'No active user has the role {roles}',
  notice_recipient_needed: 'recipient or recipients is needed',
  notice_mailgun_key: "Mailgun's HTTP webhook signing key is needed",
  notice_sendgrid_key: "SendGrid's verification key (base64) is needed",
  notice_ses_topic: 'The ARN of the SNS topic is needed',
})
export type NotificationTold = ReturnType<typeof notificationFault>
