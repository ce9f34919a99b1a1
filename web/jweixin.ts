// Builds the script of the JS-SDK with the pages: one classic bundle, `jweixin.js`, beside them.
import { fileURLToPath } from 'node:url'

import { build, type Plugin } from 'vite'

const ENTRY = fileURLToPath(new URL('./src/jweixin/main.ts', import.meta.url))

export function jweixin(): Plugin {
  return {
    name: 'jweixin',
    apply: 'build',
    async generateBundle() {
      const built = await build({
        configFile: false,
        logLevel: 'warn',
        build: {
          write: false,
          target: 'es2019',
          rolldownOptions: { input: ENTRY, output: { format: 'iife', entryFileNames: 'jweixin.js' } },
        },
      })
      for (const { output } of [built].flat() as { output: { type: string; fileName: string; code?: string }[] }[]) {
        for (const part of output) if (part.code) this.emitFile({ type: 'asset', fileName: part.fileName, source: part.code })
      }
    },
  }
}
