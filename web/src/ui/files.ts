// Files travel to the platform as base64 in JSON.

export interface Upload {
  file: string
  filename: string
}

export async function asUpload(blob: Blob, filename: string): Promise<Upload> {
  return { file: base64(new Uint8Array(await blob.arrayBuffer())), filename }
}

export function fromUpload(upload: Upload, type: string): Blob {
  return new Blob([Uint8Array.from(atob(upload.file), (letter) => letter.charCodeAt(0))], { type })
}

export function base64(bytes: Uint8Array): string {
  const CHUNK = 0x8000
  let binary = ''
  for (let at = 0; at < bytes.length; at += CHUNK) {
    binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK))
  }
  return btoa(binary)
}

/** Ask for files with the browser's chooser; empty when cancelled. */
export function chooseFiles(accept: string, multiple = false): Promise<File[]> {
  return new Promise((resolve) => {
    const input = document.createElement('input')
    Object.assign(input, { type: 'file', accept, multiple, hidden: true })
    input.dataset['testid'] = 'file-chooser'
    const finish = (): void => {
      input.remove()
      resolve([...(input.files ?? [])])
    }
    input.addEventListener('change', finish)
    input.addEventListener('cancel', finish)
    document.body.append(input)
    input.click()
  })
}
