/** Made-up French companies as clients: the same seed gives the same companies, and a longer list begins like a shorter one. */

import { cities, families, slugOf } from './demo-names.ts'
import type { DemoProfile } from './demo-profiles.ts'
import { demoProfiles } from './demo-profiles.ts'
import type { Random } from './demo-random.ts'
import { randomFrom } from './demo-random.ts'

export type DemoCredential = {
  kind: 'pdp' | 'chorus'
  isActive: boolean
  modeSandbox: boolean
  flowServiceUrl: string
  tokenUrl: string
  oauthClientId: string
  clientSecret: string
}
export type DemoClient = {
  name: string
  description: string | null
  siret: string | null
  isActive: boolean
  credentials: DemoCredential[]
  email: { provider: string; config: Record<string, unknown> } | null
  /** Names of API keys beside the primary one. */
  apiKeys: string[]
  hasWebhookSecret: boolean
  /** Borrowers that it has submitted, or is about to. */
  profiles: DemoProfile[]
}

const trades: readonly (readonly [word: string, about: string])[] = [
  ['Boulangerie', 'Boulangerie-pâtisserie artisanale'],
  ['Menuiserie', 'Menuiserie bois et aluminium, agencement sur mesure'],
  ['Garage', 'Réparation automobile toutes marques'],
  ['Imprimerie', 'Impression offset et numérique'],
  ['Pharmacie', 'Officine de pharmacie'],
  ['Transports', 'Transport routier de marchandises'],
  ['Cabinet', "Cabinet d'expertise comptable"],
  ['Maçonnerie', 'Maçonnerie générale et rénovation'],
  ['Électricité', 'Installation électrique, bornes de recharge'],
  ['Plomberie', 'Plomberie, chauffage et climatisation'],
  ['Traiteur', 'Traiteur pour entreprises et réceptions'],
  ['Librairie', 'Librairie indépendante et papeterie'],
  ['Fromagerie', "Affinage et vente de fromages d'appellation"],
  ['Domaine', 'Production et négoce de vins'],
  ['Ateliers', 'Mécanique de précision et sous-traitance industrielle'],
  ['Couverture', 'Couverture, zinguerie et charpente'],
  ['Logistique', 'Entreposage et préparation de commandes'],
  ['Conseil', 'Conseil en organisation et systèmes d’information'],
  ['Paysages', "Création et entretien d'espaces verts"],
  ['Optique', 'Optique et audition'],
]
const forms = ['SARL', 'SAS', 'SASU', 'EURL', '& Fils', '& Associés', 'Frères', 'SA'] as const
const keyNames = ['ERP', 'Comptabilité', 'Site marchand', 'Sauvegarde', 'Caisse'] as const

export function demoClients({ count, seed }: { count: number; seed: number }): DemoClient[] {
  const random = randomFrom(seed)
  const taken = new Set<string>()
  return Array.from({ length: count }, () => demoClient(random, taken))
}

function demoClient(random: Random, taken: Set<string>): DemoClient {
  const [trade, about] = random.pick(trades)
  const family = random.pick(families)
  const city = random.pick(cities)
  const name = unused(`${trade} ${family} ${random.pick(forms)}`, city, taken)
  const slug = slugOf(`${trade} ${family}`)
  const staff = 1 + random.below(240)
  const description = `${about} à ${city}, ${staff} ${staff === 1 ? 'salarié' : 'salariés'}.`
  const client: DemoClient = {
    name,
    description: random.chance(0.9) ? description : null,
    siret: random.chance(0.92) ? siretFrom(random) : null,
    isActive: random.chance(0.88),
    credentials: [],
    email: random.chance(0.4) ? emailConfig(random, slug) : null,
    apiKeys: random.chance(0.25) ? [random.pick(keyNames)] : [],
    hasWebhookSecret: random.chance(0.2),
    profiles: random.chance(0.25) ? demoProfiles(random, 1 + random.below(5)) : [],
  }
  if (random.chance(0.55)) client.credentials.push(credential(random, 'pdp', slug))
  if (random.chance(0.3)) client.credentials.push(credential(random, 'chorus', slug))
  return client
}

function unused(name: string, city: string, taken: Set<string>): string {
  const candidates = [name, `${name} ${city}`]
  let found = candidates.find((one) => !taken.has(one))
  for (let number = 2; found === undefined; number++) {
    const numbered = `${name} ${city} ${number}`
    if (!taken.has(numbered)) found = numbered
  }
  taken.add(found)
  return found
}

/** SIREN (9 digits) and number of the site (5), each ending in a digit that makes the Luhn sum a multiple of 10. */
function siretFrom(random: Random): string {
  const siren = withLuhnDigit(`${1 + random.below(9)}${random.digits(7)}`)
  return withLuhnDigit(`${siren}000${1 + random.below(9)}`)
}

/** ISO/IEC 7812-1, annex B. */
function withLuhnDigit(digits: string): string {
  let sum = 0
  for (const [i, digit] of digits.split('').reverse().entries()) {
    const doubled = Number(digit) * (i % 2 === 0 ? 2 : 1)
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return digits + String((10 - (sum % 10)) % 10)
}

/** Hosts under .example (RFC 2606) exist nowhere: a demonstration calls nobody. */
function credential(random: Random, kind: 'pdp' | 'chorus', slug: string): DemoCredential {
  const modeSandbox = random.chance(0.4)
  const host = kind === 'pdp' ? `${random.pick(['facture', 'relais', 'numero'])}-pdp.example` : 'chorus-pro.example'
  const base = `https://${modeSandbox ? 'sandbox-' : ''}api.${host}`
  return {
    kind,
    isActive: random.chance(0.9),
    modeSandbox,
    flowServiceUrl: `${base}/flow-service/v1`,
    tokenUrl: `${base}/oauth2/token`,
    oauthClientId: `${slug}-${random.digits(4)}`,
    clientSecret: `demo-${random.digits(24)}`,
  }
}

function emailConfig(random: Random, slug: string): { provider: string; config: Record<string, unknown> } {
  const domain = `${slug}.example`
  const sender = { from_email: `factures@${domain}`, from_name: 'Facturation' }
  const token = `demo-${random.digits(24)}`
  switch (random.pick(['smtp', 'mailgun', 'sendgrid', 'postmark', 'ses'] as const)) {
    case 'smtp':
      return {
        provider: 'smtp',
        config: {
          host: `smtp.${domain}`,
          port: 587,
          username: `factures@${domain}`,
          password: token,
          use_tls: true,
          ...sender,
        },
      }
    case 'mailgun':
      return { provider: 'mailgun', config: { api_key: token, domain: `mg.${domain}`, region: 'eu', ...sender } }
    case 'sendgrid':
      return { provider: 'sendgrid', config: { api_key: token, ...sender } }
    case 'postmark':
      return { provider: 'postmark', config: { server_token: token, ...sender } }
    case 'ses':
      return {
        provider: 'ses',
        config: {
          region: 'eu-west-3',
          access_key_id: `AKIADEMO${random.digits(12)}`,
          secret_access_key: token,
          ...sender,
        },
      }
  }
}
