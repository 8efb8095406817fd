import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'

/** Beside every asset its compressed forms, so that the server compresses nothing while it serves. */
function compressed(): Plugin {
  let directory = ''
  return {
    name: 'compressed',
    apply: 'build',
    configResolved: (config) => {
      directory = path.resolve(config.root, config.build.outDir, 'assets')
    },
    closeBundle: async () => {
      for (const name of await readdir(directory)) {
        if (!/\.(?:js|css|svg)$/.test(name)) continue
        const file = path.join(directory, name)
        const content = await readFile(file)
        // The highest takes a thirteenth less than 9, and seconds for them all: it is for those that every visitor waits for.
        const quality = content.length > 30_000 ? 11 : 9
        const compressed = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } })
        await writeFile(`${file}.br`, compressed)
        await writeFile(`${file}.gz`, gzipSync(content, { level: 9 }))
      }
    },
  }
}

export default defineConfig({
  base: '/console/',
  plugins: [react(), compressed()],
  // The server puts a fresh nonce in its place with every answer (src/contracts/console/plugin.ts).
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2023',
    // The first that know light-dark(): what it would be made into otherwise does not work with our switch of colours.
    cssTarget: ['chrome123', 'edge123', 'firefox120', 'safari17.5'],
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What nearly every screen needs comes in one piece: fifty small ones cost more in headers than in content. Choosing among
        // very many is for few.
        codeSplitting: {
          groups: [
            { name: 'parts', test: /console[\\/]src[\\/](?:parts[\\/](?!searched-choice)|api[\\/])/ },
            { name: 'shared', minShareCount: 16 },
          ],
        },
      },
    },
  },
  // `npm run dev -w console` beside a server on port 8000.
  server: { proxy: { '^/(?!console/(?!api/))': 'http://localhost:8000' } },
})
