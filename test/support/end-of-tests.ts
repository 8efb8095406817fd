/**
 * Loaded before each test file: its process ends some time after its last test, whatever a failed one has left open. At once, as
 * --test-force-exit does it, what was not told of the last tests yet would be lost: they would be in no count.
 */
import { after } from 'node:test'

const graceMs = 5_000

// Not in the process that starts the others.
if (process.env.NODE_TEST_CONTEXT !== undefined) after(() => void setTimeout(() => process.exit(), graceMs).unref())
