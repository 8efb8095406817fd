/** Compares in a thread of its own: bcrypt is meant to take long, and here it is JavaScript. */
import { parentPort, workerData } from 'node:worker_threads'
import { compareSync } from 'bcryptjs'

const { hash, text } = workerData as { hash: string; text: string }
parentPort?.postMessage(compareSync(text, hash))
