/** Documents out of the thread that makes them, with limits of time and memory. The thread starts with the first document. */
import { Worker } from 'node:worker_threads'
import type { PrintedReport } from './document.ts'
import { reportError } from './errors.ts'
import type { RenderInput, RenderOutput } from './render-thread.ts'

const mostHeapMegabytes = 512
const longestMs = 60_000
/** A thread that nobody needs gives its memory back. */
const idleMs = 60_000
/** Typst's own memory is no heap of Node's: now and then it starts afresh. */
const mostDocuments = 200

type Waiting = { input: RenderInput; resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }

export class Renderer {
  readonly #longestMs: number
  readonly #waiting: Waiting[] = []
  #thread: Worker | null = null
  #present: Waiting | null = null
  #timer: NodeJS.Timeout | null = null
  #number = 0
  #made = 0

  constructor(options: { longestMs?: number } = {}) {
    this.#longestMs = options.longestMs ?? longestMs
  }

  /** @throws report_render_failed, when it takes too long or too much, or cannot be made at all */
  render(format: 'pdf' | 'html', report: PrintedReport): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#number += 1
      this.#waiting.push({ input: { number: this.#number, format, report }, resolve, reject })
      this.#next()
    })
  }

  /** The thread ends; what waits for it fails. */
  async close(): Promise<void> {
    const error = new Error('the renderer was closed')
    for (const one of this.#waiting.splice(0)) one.reject(error)
    await this.#end(error)
  }

  #next(): void {
    if (this.#present) return
    this.#stopTimer()
    const next = this.#waiting.shift()
    if (!next) {
      this.#timer = setTimeout(() => void this.#end(null), idleMs)
      this.#timer.unref()
      return
    }
    this.#present = next
    this.#thread ??= this.#start()
    this.#thread.ref()
    this.#timer = setTimeout(() => void this.#end(new Error(`took longer than ${this.#longestMs} ms`)), this.#longestMs)
    this.#thread.postMessage(next.input)
  }

  #start(): Worker {
    this.#made = 0
    const thread = new Worker(new URL('./render-thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: mostHeapMegabytes },
    })
    thread.on('message', (output: RenderOutput) => this.#done(thread, output))
    thread.on('error', (error: Error) => this.#lost(thread, error))
    thread.on('exit', () => this.#lost(thread, new Error('the thread ended')))
    return thread
  }

  #done(thread: Worker, output: RenderOutput): void {
    const present = this.#present
    if (thread !== this.#thread || !present || present.input.number !== output.number) return
    this.#present = null
    this.#made += 1
    thread.unref()
    if ('bytes' in output) present.resolve(output.bytes)
    else present.reject(failed(new Error(output.error)))
    if (this.#made >= mostDocuments) void this.#end(null)
    else this.#next()
  }

  #lost(thread: Worker, error: Error): void {
    if (thread !== this.#thread) return
    this.#thread = null
    this.#fail(error)
  }

  async #end(error: Error | null): Promise<void> {
    const thread = this.#thread
    this.#thread = null
    const ended = thread?.terminate()
    this.#fail(error)
    await ended
  }

  #fail(error: Error | null): void {
    const present = this.#present
    this.#present = null
    this.#stopTimer()
    if (present) present.reject(failed(error ?? new Error('the thread was ended')))
    if (this.#waiting.length > 0) this.#next()
  }

  #stopTimer(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
  }
}

const failed = (cause: Error) => reportError('report_render_failed', { cause })

/** One of this process: its thread takes two hundred documents one after another. */
export const renderer = new Renderer()
