/** Names of what reports show, as they are called in French and English. */
import type { Language, Words } from './schemas.ts'

const named: Readonly<Record<string, Words>> = {
  // invoices
  draft: { fr: 'Brouillon', en: 'Draft' },
  sent: { fr: 'Envoyée', en: 'Sent' },
  paid: { fr: 'Payée', en: 'Paid' },
  overdue: { fr: 'En retard', en: 'Overdue' },
  approved: { fr: 'Approuvée', en: 'Approved' },
  rejected: { fr: 'Rejetée', en: 'Rejected' },
  cancelled: { fr: 'Annulée', en: 'Cancelled' },
  // analyses
  pending: { fr: 'En attente', en: 'Pending' },
  running: { fr: 'En cours', en: 'Running' },
  completed: { fr: 'Terminée', en: 'Completed' },
  failed: { fr: 'En échec', en: 'Failed' },
  // the audit log
  authentication: { fr: 'Authentification', en: 'Authentication' },
  authorization: { fr: 'Autorisation', en: 'Authorization' },
  data_access: { fr: 'Accès aux données', en: 'Data access' },
  data_modification: { fr: 'Modification de données', en: 'Data modification' },
  configuration: { fr: 'Configuration', en: 'Configuration' },
  security: { fr: 'Sécurité', en: 'Security' },
  compliance: { fr: 'Conformité', en: 'Compliance' },
  info: { fr: 'Information', en: 'Information' },
  warning: { fr: 'Avertissement', en: 'Warning' },
  critical: { fr: 'Critique', en: 'Critical' },
  // who acted
  user: { fr: 'Utilisateur', en: 'User' },
  api_key: { fr: 'Clé d’API', en: 'API key' },
  oauth_client: { fr: 'Application OAuth', en: 'OAuth client' },
  system: { fr: 'Système', en: 'System' },
  anonymous: { fr: 'Anonyme', en: 'Anonymous' },
}

/** A word that has no name is shown as it is. */
export function wordIn(language: Language, word: string): string {
  return (Object.hasOwn(named, word) ? named[word]?.[language] : undefined) ?? word
}

export const phrases = {
  fr: {
    page: 'Page',
    of: 'sur',
    generated: (when: string) => `Établi le ${when}`,
    period: (from: string, to: string) => `Du ${from} au ${to}`,
    day: (day: string) => `Le ${day}`,
    currency: (code: string) => `Montants en ${code}`,
    nothing: 'Rien sur cette période.',
    more: (shown: string, all: string) =>
      `${shown} lignes sur ${all} : les formats excel et csv les contiennent toutes.`,
    yes: 'Oui',
    no: 'Non',
    client: (name: string) => `Client : ${name}`,
    category: (name: string) => `Catégorie : ${name}`,
    summary: 'Synthèse',
    figure: 'Chiffre',
    value: 'Valeur',
    chartOf: (title: string) => `Graphique : ${title}`,
    other: 'Autres',
  },
  en: {
    page: 'Page',
    of: 'of',
    generated: (when: string) => `Made on ${when}`,
    period: (from: string, to: string) => `From ${from} to ${to}`,
    day: (day: string) => `On ${day}`,
    currency: (code: string) => `Amounts in ${code}`,
    nothing: 'Nothing in this period.',
    more: (shown: string, all: string) => `${shown} of ${all} rows: the formats excel and csv have all of them.`,
    yes: 'Yes',
    no: 'No',
    client: (name: string) => `Client: ${name}`,
    category: (name: string) => `Category: ${name}`,
    summary: 'Summary',
    figure: 'Figure',
    value: 'Value',
    chartOf: (title: string) => `Chart: ${title}`,
    other: 'Others',
  },
} as const

export function pick(words: { fr?: string; en?: string } | undefined, language: Language): string {
  return words?.[language] ?? words?.fr ?? words?.en ?? ''
}
