type Asked = { settle: (proven: boolean) => void }

let ask: ((asked: Asked) => void) | null = null

/** The dialog says that it is there. */
export function offerStepUp(open: (asked: Asked) => void): () => void {
  ask = open
  return () => {
    ask = null
  }
}

/** Resolves when a second factor was proven. @throws the error that asked for it when the person declined */
export function askForStepUp(reason: Error): Promise<void> {
  return new Promise((resolve, reject) => {
    if (ask) ask({ settle: (proven) => (proven ? resolve() : reject(reason)) })
    else reject(reason)
  })
}
