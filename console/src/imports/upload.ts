/** Sending a file while telling how far it is: fetch tells nothing before the answer. */
import { refusalOf } from '../api/client.ts'
import { Problem } from '../api/problem.ts'

type Upload = { path: string; form: FormData; onProgress: (share: number) => void; signal: AbortSignal }

/** @throws Problem */
export function upload<Body>({ path, form, onProgress, signal }: Upload): Promise<Body> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.setRequestHeader('x-clientele-console', '1')
    request.responseType = 'json'
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0)
    request.onload = () => {
      if (request.status < 300) return resolve(request.response as Body)
      const wait = request.getResponseHeader('retry-after')
      const id = request.getResponseHeader('x-request-id')
      const headers = { ...(wait ? { 'retry-after': wait } : {}), ...(id ? { 'x-request-id': id } : {}) }
      const { status, statusText } = request
      void refusalOf(new Response(null, { status, statusText, headers }), request.response).then(reject)
    }
    request.onerror = () => reject(new Problem(0, { code: 'offline', message: 'no answer', faults: [] }))
    request.onabort = () => reject(new DOMException('given up', 'AbortError'))
    signal.addEventListener('abort', () => request.abort())
    request.send(form)
  })
}
