/** What the pages say, in both languages; tsc fails when one lacks a text. */
import type { Language } from './language.ts'

const en = {
  signInTitle: 'Sign in',
  signInTo: (client: string) => `to continue to ${client}`,
  email: 'E-mail address',
  password: 'Password',
  signIn: 'Sign in',
  cancel: 'Cancel',
  codeTitle: 'One more step',
  codeLead: 'Enter the six digits of your authenticator app, or one of your backup codes.',
  code: 'Code',
  verify: 'Continue',
  startAgain: 'Start again',
  consentTitle: (client: string) => `Let ${client} act for you?`,
  consentLead: (client: string, user: string) => `${client} asks for access to the account of ${user}:`,
  consentReturn: (host: string) => `Afterwards you go back to ${host}.`,
  consentNothing: 'Nothing but to know that you are signed in',
  allow: 'Allow',
  deny: 'Refuse',
  signOutTitle: 'Sign out?',
  signOutLead: (client: string) => `${client} asks to sign you out.`,
  signOutLeadPlain: 'You are signed in in this browser.',
  signOut: 'Sign out',
  staySignedIn: 'Stay signed in',
  signedOutTitle: 'You are signed out',
  signedOutLead: 'You can close this window.',
  errorTitle: 'This did not work',
  errorLead: 'The application that sent you here has made a request that cannot be answered. Tell its maker:',
  expiredTitle: 'This page has expired',
  expiredLead:
    'Signing in was not finished in time, or it goes on in another window. Go back to the application and start again.',
  faultTitle: 'Something went wrong',
  faultLead: 'This is our fault. Try again in a moment.',
  refused: 'E-mail address or password is wrong.',
  codeRefused: 'The code is wrong or was used before. Wait for the next one.',
  throttledTitle: 'Not so fast',
  throttled: (seconds: number) => `Too many attempts. Try again in ${seconds} s.`,
  pendingEnded: 'That took too long: enter your password again.',
  secondFactorNeeded:
    'Your organisation demands a second factor, and you have none yet. Set one up in your account first, then sign in here.',
  unavailable: 'We cannot answer at the moment. Try again in a few seconds.',
  footer: 'Secured by Clientele',
  otherLanguage: 'Français',
  otherLanguageLabel: 'Afficher cette page en français',
  scopes: {
    openid: 'Know that you are signed in',
    profile: 'See your name',
    email: 'See your e-mail address',
    offline_access: 'Keep this access when you are away',
  },
  verbs: {
    view: 'See',
    create: 'Create',
    update: 'Change',
    delete: 'Delete',
    manage: 'Manage',
    activate: 'Activate and deactivate',
    test: 'Test',
    rotate: 'Re-encrypt',
    'reset-password': 'Reset the passwords of',
  },
  nouns: {
    client: 'clients',
    'api-key': 'API keys',
    credential: 'credentials of the e-invoicing services',
    'webhook-secret': 'webhook secrets',
    'email-config': 'e-mail settings',
    user: 'users',
    role: 'roles',
    tenant: 'the account’s settings',
    'oauth2-client': 'registered applications',
    'rate-limit': 'rate limits',
  },
}

export type Texts = typeof en

const fr: Texts = {
  signInTitle: 'Connexion',
  signInTo: (client) => `pour continuer vers ${client}`,
  email: 'Adresse e-mail',
  password: 'Mot de passe',
  signIn: 'Se connecter',
  cancel: 'Annuler',
  codeTitle: 'Encore une étape',
  codeLead: 'Saisissez les six chiffres de votre application d’authentification, ou l’un de vos codes de secours.',
  code: 'Code',
  verify: 'Continuer',
  startAgain: 'Recommencer',
  consentTitle: (client) => `Autoriser ${client} à agir pour vous ?`,
  consentLead: (client, user) => `${client} demande l’accès au compte de ${user} :`,
  consentReturn: (host) => `Vous reviendrez ensuite sur ${host}.`,
  consentNothing: 'Rien d’autre que savoir que vous êtes connecté',
  allow: 'Autoriser',
  deny: 'Refuser',
  signOutTitle: 'Se déconnecter ?',
  signOutLead: (client) => `${client} demande votre déconnexion.`,
  signOutLeadPlain: 'Vous êtes connecté dans ce navigateur.',
  signOut: 'Se déconnecter',
  staySignedIn: 'Rester connecté',
  signedOutTitle: 'Vous êtes déconnecté',
  signedOutLead: 'Vous pouvez fermer cette fenêtre.',
  errorTitle: 'Cela n’a pas fonctionné',
  errorLead:
    'L’application qui vous a envoyé ici a fait une demande à laquelle on ne peut pas répondre. Signalez à son éditeur :',
  expiredTitle: 'Cette page a expiré',
  expiredLead:
    'La connexion n’a pas été terminée à temps, ou se poursuit dans une autre fenêtre. Retournez à l’application et recommencez.',
  faultTitle: 'Une erreur est survenue',
  faultLead: 'C’est de notre fait. Réessayez dans un instant.',
  refused: 'L’adresse e-mail ou le mot de passe est incorrect.',
  codeRefused: 'Le code est incorrect ou a déjà servi. Attendez le suivant.',
  throttledTitle: 'Pas si vite',
  throttled: (seconds) => `Trop de tentatives. Réessayez dans ${seconds} s.`,
  pendingEnded: 'Cela a pris trop de temps : saisissez de nouveau votre mot de passe.',
  secondFactorNeeded:
    'Votre organisation exige un second facteur et vous n’en avez pas encore. Configurez-le d’abord dans votre compte, puis connectez-vous ici.',
  unavailable: 'Nous ne pouvons pas répondre pour le moment. Réessayez dans quelques secondes.',
  footer: 'Sécurisé par Clientele',
  otherLanguage: 'English',
  otherLanguageLabel: 'Show this page in English',
  scopes: {
    openid: 'Savoir que vous êtes connecté',
    profile: 'Voir votre nom',
    email: 'Voir votre adresse e-mail',
    offline_access: 'Conserver cet accès en votre absence',
  },
  verbs: {
    view: 'Voir',
    create: 'Créer',
    update: 'Modifier',
    delete: 'Supprimer',
    manage: 'Gérer',
    activate: 'Activer et désactiver',
    test: 'Tester',
    rotate: 'Rechiffrer',
    'reset-password': 'Réinitialiser les mots de passe :',
  },
  nouns: {
    client: 'les clients',
    'api-key': 'les clés d’API',
    credential: 'les identifiants des services de facturation électronique',
    'webhook-secret': 'les secrets de webhook',
    'email-config': 'les réglages d’e-mail',
    user: 'les utilisateurs',
    role: 'les rôles',
    tenant: 'les réglages du compte',
    'oauth2-client': 'les applications enregistrées',
    'rate-limit': 'les limites de débit',
  },
}

export const texts: Record<Language, Texts> = { en, fr }

/** What a scope lets its holder do, in words; one that we do not know is shown as it is. */
export function describeScope(scope: string, { scopes, verbs, nouns }: Texts): string {
  const identity = (scopes as Record<string, string>)[scope]
  if (identity !== undefined) return identity
  const [noun = '', verb = ''] = scope.split(':')
  const described = [(verbs as Record<string, string>)[verb], (nouns as Record<string, string>)[noun]]
  return described.every((part) => part !== undefined) ? described.join(' ') : scope
}
