/**
 * What is wrong with an application's request, for the person who sees the page. The library's own sentence, which is English
 * and in the words of the protocol, stands beneath for the application's maker.
 */
import type { Language } from './language.ts'

type Words = Readonly<Record<Language, (named: string) => string>>

/** By the library's sentence; what stands in its group is named. The first that fits. */
const sentences: readonly (readonly [RegExp, Words])[] = [
  [
    /^missing required parameters? (.+)$/,
    { en: (named) => `The request lacks ${named}.`, fr: (named) => `Il manque à la demande : ${named}.` },
  ],
  [
    /^(.+) parameters? must not be provided twice$/,
    { en: (named) => `The request has ${named} twice.`, fr: (named) => `La demande contient deux fois : ${named}.` },
  ],
  [
    /^client is invalid$/,
    {
      en: () => 'The application is not registered here, or no longer.',
      fr: () => 'L’application n’est pas enregistrée ici, ou ne l’est plus.',
    },
  ],
  [
    /^post_logout_redirect_uri not registered$/,
    {
      en: () => 'The address to go to after signing out is not registered for the application.',
      fr: () => 'L’adresse de retour après la déconnexion n’est pas enregistrée pour l’application.',
    },
  ],
  [
    /redirect_uri/,
    {
      en: () => 'The address to come back to is not one that is registered for the application.',
      fr: () => 'L’adresse de retour n’est pas de celles qui sont enregistrées pour l’application.',
    },
  ],
  [
    /id_token_hint/,
    {
      en: () => 'What the application says of the sign-in to end cannot be verified.',
      fr: () => 'Ce que l’application indique de la session à fermer ne peut pas être vérifié.',
    },
  ],
  [
    /^xsrf token invalid$/,
    {
      en: () => 'This page is no longer the latest one: open it again.',
      fr: () => 'Cette page n’est plus la dernière affichée : rouvrez-la.',
    },
  ],
  [
    /PKCE|code_challenge/,
    {
      en: () => 'The request lacks its protection against stolen codes (PKCE), or has it wrong.',
      fr: () => 'La protection de la demande contre le vol de codes (PKCE) manque ou est erronée.',
    },
  ],
  [
    /^failed to parse the request body$|content-type bodies are supported/,
    {
      en: () => 'The request has a form that cannot be read.',
      fr: () => 'La demande a une forme qui ne peut pas être lue.',
    },
  ],
]

/** By the error's code (RFC 6749, 4.1.2.1; OpenID Connect Core 1.0, 3.1.2.6), where the sentence is none of these. */
const codes: Readonly<Record<string, Words>> = {
  invalid_client: {
    en: () => 'The application could not prove which one it is.',
    fr: () => 'L’application n’a pas pu prouver son identité.',
  },
  unauthorized_client: {
    en: () => 'The application may not ask in this way.',
    fr: () => 'L’application n’est pas autorisée à demander de cette façon.',
  },
  invalid_scope: {
    en: () => 'The application asks for rights that it cannot have.',
    fr: () => 'L’application demande des droits qu’elle ne peut pas avoir.',
  },
  invalid_target: {
    en: () => 'The application asks for access to something that is unknown here.',
    fr: () => 'L’application demande l’accès à une ressource inconnue ici.',
  },
  unsupported_response_type: {
    en: () => 'The application asks for an answer of a kind that is not given here.',
    fr: () => 'L’application demande un type de réponse qui n’existe pas ici.',
  },
  unsupported_response_mode: {
    en: () => 'The application asks for its answer in a way that does not exist here.',
    fr: () => 'L’application demande sa réponse d’une façon qui n’existe pas ici.',
  },
  access_denied: {
    en: () => 'The access was refused.',
    fr: () => 'L’accès a été refusé.',
  },
}

const otherwise: Words = {
  en: () => 'A value of the request does not fit.',
  fr: () => 'Une valeur de la demande ne convient pas.',
}

export function explainRequestFault(language: Language, fault: { code: string; description: string }): string {
  for (const [pattern, words] of sentences) {
    const found = pattern.exec(fault.description)
    if (found) return words[language](found[1] ?? '')
  }
  return (codes[fault.code] ?? otherwise)[language]('')
}
