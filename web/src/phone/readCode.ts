// Reading a QR code out of a picture, where the browser can.

interface Detector {
  detect(image: ImageBitmap): Promise<{ rawValue: string }[]>
}

type DetectorClass = new (options: { formats: string[] }) => Detector

function detectorClass(): DetectorClass | undefined {
  return (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector
}

export function canReadCodes(): boolean {
  return detectorClass() !== undefined
}

/** The text inside the first QR code of a picture, or null when there is none. */
export async function readCode(picture: Blob): Promise<string | null> {
  const Detector = detectorClass()
  if (!Detector) return null
  const [found] = await new Detector({ formats: ['qr_code'] }).detect(await createImageBitmap(picture))
  return found?.rawValue ?? null
}
