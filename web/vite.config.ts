import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

import { jweixin } from './jweixin.ts'
import { mockPlatform } from './mock/plugin.ts'
import { scopeWeui } from './scope-weui.ts'

const platform = process.env['GONGZHONG_PLATFORM'] ?? 'http://127.0.0.1:8700'
const mocked = process.env['MOCK'] === '1'

export default defineConfig({
  base: '/_platform/pages/',
  plugins: [vue(), jweixin(), ...(mocked ? [mockPlatform()] : [])],
  define: { __VUE_OPTIONS_API__: 'false' },
  css: { postcss: { plugins: [scopeWeui()] } },
  build: {
    outDir: '../src/gongzhong/console/static',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: mocked ? {} : { proxy: { '^/_platform/(?!pages/)': platform } },
  test: { environment: 'happy-dom', include: ['test/**/*.test.ts'], setupFiles: ['test/speak.ts'] },
})
