import { replayGoldenFiles } from '#test/support/golden.ts'

replayGoldenFiles(new URL('golden/', import.meta.url))
