/** Charts as SVG, drawn on the server by Apache ECharts. Loaded in the thread that renders, never before. */
import { BarChart, LineChart, PieChart } from 'echarts/charts'
import { GridComponent, LegendComponent } from 'echarts/components'
import type { EChartsCoreOption } from 'echarts/core'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { PrintedChart } from './document.ts'
import { shortNumber } from './format-rules.ts'
import type { Language } from './schemas.ts'

use([BarChart, LineChart, PieChart, GridComponent, LegendComponent, SVGRenderer])

/** Quiet, and told apart by who sees red and green alike. */
const colours = ['#2f5d8a', '#d99a4e', '#7a9e9f', '#a65d57', '#8d84a8', '#c2b280', '#5b7553', '#9aa5b1']
const ink = '#3c4654'
const faint = '#e3e7ec'
const font = 'Source Sans 3'

/** The size that the SVG names; it is scaled to the page. */
export const chartSize = {
  full: { width: 720, height: 250 },
  half: { width: 350, height: 250 },
} as const

export function drawChart(chart: PrintedChart, language: Language): string {
  const { width, height } = chartSize[chart.width]
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width, height })
  try {
    drawing.setOption(chart.chart === 'pie' ? pie(chart) : axes(chart, language))
    return drawing.renderToSVGString()
  } finally {
    drawing.dispose()
  }
}

const shared = { animation: false, color: colours, textStyle: { fontFamily: font, color: ink, fontSize: 12 } }
const legend = {
  top: 0,
  left: 0,
  icon: 'roundRect',
  itemWidth: 10,
  itemHeight: 10,
  textStyle: { fontFamily: font, color: ink },
}

function pie({ categories, series, width }: PrintedChart): EChartsCoreOption {
  const values = series[0]?.values ?? []
  const sum = values.reduce((total, value) => total + Math.max(0, value), 0)
  const percents = new Map(
    categories.map((name, i) => [name, sum > 0 ? Math.round((100 * Math.max(0, values[i] ?? 0)) / sum) : 0]),
  )
  return {
    ...shared,
    legend: {
      ...legend,
      orient: 'vertical',
      top: 'middle',
      left: width === 'half' ? '58%' : '44%',
      // Long names are cut: the table beside the chart has them whole.
      formatter: (name: string) => `${cut(name, width === 'half' ? 18 : 48)}  ${percents.get(name) ?? 0} %`,
    },
    series: [
      {
        type: 'pie',
        radius: ['42%', '74%'],
        center: [width === 'half' ? '28%' : '24%', '50%'],
        label: { show: false },
        itemStyle: { borderColor: '#ffffff', borderWidth: 2 },
        data: categories.map((name, i) => ({ name, value: Math.max(0, values[i] ?? 0) })),
      },
    ],
  }
}

function axes(
  { chart, categories, series, width, unit, currency }: PrintedChart,
  language: Language,
): EChartsCoreOption {
  const isLying = chart === 'horizontal_bar'
  const several = series.length > 1
  const number = (value: number) =>
    unit === 'percent'
      ? `${shortNumber(value, language, null)}\u00a0%`
      : shortNumber(value, language, unit === 'money' ? currency : null)
  const room = width === 'half' ? 16 : 28
  const category = {
    type: 'category',
    data: isLying ? [...categories].reverse() : categories,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: '#b8c0ca' } },
    axisLabel: {
      color: ink,
      fontFamily: font,
      fontSize: 11,
      hideOverlap: true,
      ...(isLying ? { formatter: (name: string) => cut(name, room) } : {}),
    },
  }
  const value = {
    type: 'value',
    splitNumber: 4,
    minInterval: unit === 'count' ? 1 : 0,
    axisLabel: { color: ink, fontFamily: font, fontSize: 11, formatter: number, hideOverlap: true },
    splitLine: { lineStyle: { color: faint } },
  }
  return {
    ...shared,
    ...(several ? { legend } : {}),
    grid: { left: 4, right: 16, top: several ? 34 : 10, bottom: 4 },
    xAxis: isLying ? value : category,
    yAxis: isLying ? category : value,
    series: series.map(({ name, values }) => ({
      name,
      data: isLying ? [...values].reverse() : values,
      ...(chart === 'line'
        ? { type: 'line', smooth: false, symbol: 'circle', symbolSize: 4, lineStyle: { width: 2 } }
        : { type: 'bar', barMaxWidth: 26, itemStyle: { borderRadius: isLying ? [0, 2, 2, 0] : [2, 2, 0, 0] } }),
      ...(chart === 'stacked_bar' ? { stack: 'all', itemStyle: {} } : {}),
    })),
  }
}

const segmenter = new Intl.Segmenter()

function cut(text: string, length: number): string {
  // What people see as one character is never cut in two.
  const characters = Array.from(segmenter.segment(text), ({ segment }) => segment)
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}
