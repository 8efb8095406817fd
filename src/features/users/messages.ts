/** What the platform writes to its users, in French and English: the reader's language is not known. */
import type { MailMessage } from '#platform/mail/index.ts'

type Link = { to: string; url: string; tenantName: string }

export function invitationMessage({ to, url, tenantName }: Link): MailMessage {
  return {
    to,
    subject: `Invitation : ${tenantName} / Invitation to ${tenantName}`,
    text: `Bonjour,

Vous êtes invité à rejoindre « ${tenantName} » sur Clientele. Choisissez votre mot de passe avec ce lien, valable 7 jours et une seule fois :

${url}

Si vous n'attendiez pas cette invitation, ignorez ce message.

---

Hello,

You are invited to join "${tenantName}" on Clientele. Choose your password with this link; it works once, within 7 days:

${url}

If you did not expect this invitation, ignore this message.
`,
  }
}

export function passwordResetMessage({ to, url, tenantName }: Link): MailMessage {
  return {
    to,
    subject: 'Nouveau mot de passe / New password',
    text: `Bonjour,

Un nouveau mot de passe a été demandé pour votre compte « ${tenantName} ». Choisissez-le avec ce lien, valable une heure et une seule fois :

${url}

Si vous n'avez rien demandé, ignorez ce message : votre mot de passe reste le même.

---

Hello,

A new password was asked for your account at "${tenantName}". Choose it with this link; it works once, within an hour:

${url}

If you did not ask for it, ignore this message: your password stays the same.
`,
  }
}
