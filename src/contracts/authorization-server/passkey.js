/**
 * Asks the browser for a passkey and sends what it answers with the page's form (Web Authentication Level 3). Without
 * script, or in a browser that lacks this, the part stays hidden and the form for codes is what there is.
 */
const form = document.getElementById('passkey')
const button = form.querySelector('button')
const fault = document.getElementById('passkey-fault')
const faultBefore = form.querySelector('#fault')

if (window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  form.hidden = false
  // Who has just mistyped a code is in its field already.
  if (!document.querySelector('[autofocus]')) button.focus()
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  // A second press while the browser's own window is open would end the first request.
  if (!button.disabled) void usePasskey()
})

async function usePasskey() {
  button.disabled = true
  fault.hidden = true
  faultBefore?.remove()
  try {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(form.dataset.options))
    const credential = await navigator.credentials.get({ publicKey })
    form.elements.namedItem('credential').value = JSON.stringify(credential)
    form.submit()
  } catch {
    // Whatever it was (refused, no passkey on this device, too late), the answer is the same: try again, or use a code.
    fault.hidden = false
    button.disabled = false
    button.focus()
  }
}

// The browser's "back" may bring the page as it was left.
window.addEventListener('pageshow', () => {
  button.disabled = false
})
