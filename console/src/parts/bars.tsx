/** Small charts: bars of days, and shares of a whole. Screen readers get the same as a table. */
import './bars.css'
import { Box, Group, Text, VisuallyHidden } from '@mantine/core'
import type { ReactNode } from 'react'
import { useFormat } from './format.ts'

export type BarTone = 'main' | 'good' | 'bad' | 'waiting' | 'plain'
/** One value a day; series stand on top of one another, the first one at the bottom. */
export type Series = { label: string; tone: BarTone; values: readonly number[] }

type Given = {
  label: string
  dayLabel: string
  today: string
  /** ISO days, one for each value. */
  days: readonly string[]
  series: readonly Series[]
}

const [step, gap, height] = [10, 2, 100]
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)

export function DayBars({ label, dayLabel, today, days, series }: Given) {
  const { date, number } = useFormat()
  const totals = days.map((_, index) => sum(series.map((one) => one.values[index] ?? 0)))
  const top = Math.max(1, ...totals)
  const tell = (index: number) =>
    [date(days[index]), ...series.map((one) => `${one.label} ${number(one.values[index] ?? 0)}`)].join('\n')
  return (
    <Box>
      <Box className="bars" aria-hidden>
        <Text className="bars-top figure-number" size="xs" c="dimmed">
          {number(top)}
        </Text>
        <svg viewBox={`0 0 ${days.length * step} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
          <line
            className="bars-line"
            x1="0"
            x2={days.length * step}
            y1="0.5"
            y2="0.5"
            vectorEffect="non-scaling-stroke"
          />
          {days.map((day, index) => (
            <g key={day}>
              <Stack index={index} top={top} series={series} />
              <rect className="bars-day" x={index * step} y="0" width={step} height={height} fillOpacity="0.35">
                <title>{tell(index)}</title>
              </rect>
            </g>
          ))}
        </svg>
      </Box>
      <Group justify="space-between" aria-hidden mt={2}>
        <Text size="xs" c="dimmed">
          {date(days[0])}
        </Text>
        <Text size="xs" c="dimmed">
          {today}
        </Text>
      </Group>
      <Group gap="md" mt={4} aria-hidden>
        {series.map((one) => (
          <Group key={one.label} gap={6} wrap="nowrap">
            <span className={`key tone-${one.tone}`} />
            <Text size="xs">
              {one.label}{' '}
              <Text span inherit fw={650} className="figure-number">
                {number(sum(one.values))}
              </Text>
            </Text>
          </Group>
        ))}
      </Group>
      <VisuallyHidden>
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              {[dayLabel, ...series.map((one) => one.label)].map((one) => (
                <th key={one} scope="col">
                  {one}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {days.map((day, index) => (
              <tr key={day}>
                <th scope="row">{date(day)}</th>
                {series.map((one) => (
                  <td key={one.label}>{number(one.values[index] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </Box>
  )
}

function Stack({ index, top, series }: { index: number; top: number; series: readonly Series[] }) {
  let reached = 0
  return series.map((one) => {
    const value = one.values[index] ?? 0
    // What is there at all is seen, however small.
    const size = value === 0 ? 0 : Math.max(2, (value / top) * (height - 2))
    reached += size
    return (
      <rect
        key={one.label}
        className={`tone-${one.tone}`}
        x={index * step + gap / 2}
        y={height - reached}
        width={step - gap}
        height={size}
      />
    )
  })
}

type Share = { key: string; label: ReactNode; value: number; tone: BarTone }

/** Parts of a whole: names, bars and numbers. */
export function Shares({ label, shares }: { label: string; shares: readonly Share[] }) {
  const { number } = useFormat()
  const top = Math.max(1, ...shares.map((one) => one.value))
  return (
    <Box
      component="dl"
      m={0}
      aria-label={label}
      style={{ display: 'grid', gridTemplateColumns: 'max-content 1fr', gap: '0.35rem 0.9rem', alignItems: 'center' }}
    >
      {shares.map((one) => (
        <Box key={one.key} style={{ display: 'contents' }}>
          <Text component="dt" size="sm">
            {one.label}
          </Text>
          <Group component="dd" m={0} gap="xs" wrap="nowrap">
            <Box className={`share tone-${one.tone}`} style={{ width: `${(one.value / top) * 75}%` }} aria-hidden />
            <Text size="sm" className="figure-number" span>
              {number(one.value)}
            </Text>
          </Group>
        </Box>
      ))}
    </Box>
  )
}
