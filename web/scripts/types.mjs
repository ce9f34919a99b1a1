// Writes src/api/schema.ts from the part of the OpenAPI document that comes in (scripts/page_document.py).
import { writeFileSync } from 'node:fs'
import { json } from 'node:stream/consumers'
import openapiTS, { astToString } from 'openapi-typescript'

const { digest, document } = await json(process.stdin)
const types = astToString(await openapiTS(document, { silent: true, alphabetize: true }))
const path = new URL('../src/api/schema.ts', import.meta.url)
writeFileSync(path, `// Written by \`make types\` from the platform's OpenAPI document. ${digest}\n${types}`)
