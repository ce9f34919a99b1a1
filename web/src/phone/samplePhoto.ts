// A picture for people without a camera at hand: a landscape at the hour of the platform's clock, never twice the same.

const WIDTH = 960
const HEIGHT = 1280

export function paintScene(canvas: HTMLCanvasElement, seconds: number, caption: string): void {
  canvas.width = WIDTH
  canvas.height = HEIGHT
  const pen = canvas.getContext('2d')
  if (!pen) return
  const hour = new Date(seconds * 1000).getHours()
  const night = hour < 6 || hour >= 19
  sky(pen, night)
  sun(pen, night, (hour % 12) / 12)
  for (let layer = 0; layer < 4; layer++) hills(pen, layer, seconds)
  pen.fillStyle = 'rgb(255 255 255 / 92%)'
  pen.font = '600 34px system-ui, sans-serif'
  pen.fillText(caption, 40, HEIGHT - 48)
}

export function photo(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/jpeg', 0.85),
  )
}

function sky(pen: CanvasRenderingContext2D, night: boolean): void {
  const gradient = pen.createLinearGradient(0, 0, 0, HEIGHT)
  const [top, bottom] = night ? ['#0b1a3a', '#54428e'] : ['#5fb4ff', '#fde7c2']
  gradient.addColorStop(0, top)
  gradient.addColorStop(0.7, bottom)
  pen.fillStyle = gradient
  pen.fillRect(0, 0, WIDTH, HEIGHT)
}

function sun(pen: CanvasRenderingContext2D, night: boolean, along: number): void {
  pen.fillStyle = night ? '#f4f1de' : '#fff3b0'
  pen.beginPath()
  pen.arc(160 + along * (WIDTH - 320), 420 - Math.sin(along * Math.PI) * 200, 72, 0, Math.PI * 2)
  pen.fill()
}

function hills(pen: CanvasRenderingContext2D, layer: number, seed: number): void {
  pen.fillStyle = `hsl(${165 - layer * 12} ${28 + layer * 6}% ${46 - layer * 10}%)`
  pen.beginPath()
  pen.moveTo(0, HEIGHT)
  for (let x = 0; x <= WIDTH; x += 16) {
    const wave = Math.sin(x / (150 + layer * 40) + seed / 37 + layer * 2) * (70 - layer * 8)
    pen.lineTo(x, 660 + layer * 140 + wave)
  }
  pen.lineTo(WIDTH, HEIGHT)
  pen.fill()
}
