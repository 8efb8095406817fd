/** What the platform writes to its users, in French and English: the reader's language is not known. */
import type { MailMessage } from '#platform/mail/index.ts'

type Link = { to: string; url: string; tenantName: string }

/** @param invitedBy the name of whoever invites; null: a program does */
export function invitationMessage({
  to,
  url,
  tenantName,
  invitedBy,
}: Link & { invitedBy: string | null }): MailMessage {
  const [french, english] =
    invitedBy === null
      ? ['Vous êtes invité à rejoindre', 'You are invited to join']
      : [`${invitedBy} vous invite à rejoindre`, `${invitedBy} invites you to join`]
  return {
    to,
    subject: `Invitation : ${tenantName} / Invitation to ${tenantName}`,
    text: `Bonjour,

${french} « ${tenantName} » sur Clientele. Choisissez votre mot de passe avec ce lien, valable 7 jours et une seule fois :

${url}

Si vous n'attendiez pas cette invitation, ignorez ce message.

---

Hello,

${english} "${tenantName}" on Clientele. Choose your password with this link; it works once, within 7 days:

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

/** What a user is told of, in both languages, as the end of "for your account". */
const accountChanges = {
  password_changed: ['votre mot de passe a été changé', 'your password was changed'],
  password_reset: [
    'votre mot de passe a été remplacé avec le lien reçu par e-mail',
    'your password was replaced with the link from an e-mail',
  ],
  email_changed: [
    'une autre adresse e-mail a été enregistrée par un administrateur ; celle-ci ne sert plus',
    'another e-mail address was registered by an administrator; this one is no longer in use',
  ],
  password_set: [
    'votre mot de passe a été remplacé par l’exploitant de la plateforme',
    'your password was replaced by the operator of the platform',
  ],
  authenticator_on: ['une application d’authentification a été ajoutée', 'an authenticator app was added'],
  authenticator_off: ['l’application d’authentification a été retirée', 'the authenticator app was removed'],
  passkey_added: ['une clé d’accès a été ajoutée', 'a passkey was added'],
  passkey_deleted: ['une clé d’accès a été supprimée', 'a passkey was deleted'],
  backup_codes_replaced: ['vos codes de secours ont été remplacés', 'your backup codes were replaced'],
  mfa_reset: [
    'votre second facteur a été retiré par un administrateur',
    'your second factor was taken away by an administrator',
  ],
} as const
export type AccountChange = keyof typeof accountChanges

type Change = Link & { change: AccountChange; at: string; address: string | null }

export function accountChangedMessage({ to, url, tenantName, change, at, address }: Change): MailMessage {
  const [french, english] = accountChanges[change]
  const when = `${at.slice(0, 16).replace('T', ' ')} UTC`
  // Without an address it was somebody else, and another password would change nothing.
  const [how, next] =
    address === null
      ? [
          [`Le ${when}.`, `On ${when}.`],
          [
            "Si vous n'en saviez rien, prévenez un administrateur de votre compte.",
            'If you knew nothing of it, tell an administrator of your account.',
          ],
        ]
      : [
          [`Le ${when}, depuis l'adresse ${address}.`, `On ${when}, from the address ${address}.`],
          [
            `Si c'était vous, ignorez ce message. Sinon, choisissez tout de suite un nouveau mot de passe, ce qui met fin à vos sessions, et prévenez un administrateur :\n\n${url}`,
            `If it was you, ignore this message. If not, choose a new password at once, which ends your sessions, and tell an administrator:\n\n${url}`,
          ],
        ]
  return {
    to,
    subject: 'Sécurité de votre compte / Security of your account',
    text: `Bonjour,

Pour votre compte « ${tenantName} » sur Clientele, ${french}.

${how[0]}

${next[0]}

---

Hello,

For your account at "${tenantName}" on Clientele, ${english}.

${how[1]}

${next[1]}
`,
  }
}
