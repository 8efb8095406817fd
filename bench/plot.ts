/** Curves as SVG without a library: small charts below one another, each with its own scale, the same x axis. */

export type Curve = { name: string; values: readonly number[] }
export type Chart = { title: string; unit: string; curves: readonly Curve[] }

const size = { width: 760, chart: 130, left: 64, right: 150, top: 26, bottom: 20 }
const colours = ['#1f5fae', '#c2410c', '#15803d', '#7c3aed']

/** @param xs where the values stand, in `unit` of the x axis; logarithmic: powers of ten at the same distance */
export function plot(
  charts: readonly Chart[],
  axis: { xs: readonly number[]; unit: string; logarithmic?: boolean },
): string {
  const height = charts.length * size.chart + size.bottom
  const scale = (x: number) => (axis.logarithmic ? Math.log10(Math.max(x, 1)) : x)
  const [first, last] = [scale(axis.xs[0] ?? 0), scale(axis.xs.at(-1) ?? 1)]
  const inner = size.width - size.left - size.right
  const placeX = (x: number) => size.left + (inner * (scale(x) - first)) / (last - first || 1)
  const drawn = charts.map((chart, i) => draw(chart, { xs: axis.xs.map(placeX), top: i * size.chart }))
  const ticks = (axis.logarithmic ? axis.xs : [0, 0.25, 0.5, 0.75, 1].map((part) => part * (axis.xs.at(-1) ?? 1)))
    .map((x) => text([placeX(x), height - 4], `${shorten(x)} ${axis.unit}`, 'middle'))
    .join('')
  const title = `<title>${charts.map((chart) => chart.title).join(', ')}</title>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" font-family="sans-serif" font-size="11">${title}<rect width="100%" height="100%" fill="#fff"/>${drawn.join('')}${ticks}</svg>\n`
}

function draw({ title, unit, curves }: Chart, { xs, top }: { xs: readonly number[]; top: number }): string {
  const most = Math.max(...curves.flatMap((curve) => curve.values), 1e-9) * 1.1
  const [upper, lower] = [top + size.top, top + size.chart - 14]
  const placeY = (value: number) => lower - ((lower - upper) * value) / most
  const right = size.width - size.right
  const lines = curves.map(({ name, values }, i) => {
    const colour = colours[i % colours.length]
    const points = values.map((value, at) => `${(xs[at] ?? 0).toFixed(1)},${placeY(value).toFixed(1)}`).join(' ')
    const label = text([right + 8, upper + 12 + i * 14], `${name}: ${shorten(values.at(-1) ?? 0)}`, 'start', colour)
    return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${points}"/>${label}`
  })
  const frame = `<path d="M${size.left} ${upper}V${lower}H${right}" fill="none" stroke="#94a3b8"/>`
  const scale = text([size.left - 6, upper + 4], shorten(most), 'end') + text([size.left - 6, lower], '0', 'end')
  return `${text([size.left, top + 16], `${title} (${unit})`, 'start')}${frame}${scale}${lines.join('')}`
}

function text([x, y]: readonly [number, number], content: string, anchor: string, colour = '#334155'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${colour}">${content}</text>`
}

function shorten(value: number): string {
  if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`
  return String(Number(value.toPrecision(3)))
}
