/** The page behind the link at the foot of an e-mail. Nothing of the caller's is printed on it. */

const words = {
  fr: {
    title: 'Se désabonner',
    ask: 'Ne plus recevoir les e-mails de cette catégorie ? Les messages de sécurité sont toujours envoyés.',
    button: 'Ne plus recevoir ces e-mails',
    done: 'C’est fait : vous ne recevrez plus ces e-mails. Vos préférences permettent de revenir dessus.',
    invalid: 'Ce lien ne fonctionne pas : il est peut-être incomplet.',
  },
  en: {
    title: 'Unsubscribe',
    ask: 'Stop e-mails of this category? Security messages are always sent.',
    button: 'Stop these e-mails',
    done: 'Done: you will not get these e-mails any more. You can take it back in your preferences.',
    invalid: 'This link does not work: it may have been cut off.',
  },
} as const

export function unsubscribePage(state: 'ask' | 'done' | 'invalid', language: 'fr' | 'en'): string {
  const said = words[language]
  const form = `<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click"><button>${said.button}</button></form>`
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${said.title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:10vh auto;padding:0 1rem;color:#1c2430;background:#fff}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#1a56a0;color:#fff;cursor:pointer}
@media(prefers-color-scheme:dark){body{color:#e8ecf2;background:#14181e}}</style></head>
<body><main><h1>${said.title}</h1><p role="status">${said[state]}</p>${state === 'ask' ? form : ''}</main></body></html>
`
}
