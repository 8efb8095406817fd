import './diagram.css'
import { Box } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Action, Definition, Placed } from './definition.ts'
import { exitsOf, place } from './definition.ts'
import { useWords } from './words.ts'

const [width, height, gapX, gapY, margin] = [200, 52, 24, 64, 14]

/** How an execution has come to an action. */
export type Passed = Readonly<Record<string, 'completed' | 'failed' | 'waiting'>>

type Spot = { x: number; y: number }

/** The way of an execution, from above to below; the same stands beside it in words. */
export function Diagram({ definition, passed }: { definition: Definition; passed?: Passed }) {
  const { t } = useTranslation()
  const placed = place(definition)
  const columns = Math.max(1, ...placed.map((one) => one.column + 1))
  const rows = Math.max(1, ...placed.map((one) => one.row + 1))
  const all = columns * width + (columns - 1) * gapX
  const spots = new Map<string, Spot>()
  for (const one of placed) spots.set(one.id, spotOf(one, placed, all))
  const size = { width: all + 2 * margin, height: rows * (height + gapY) + 2 * margin }
  return (
    <Box className="flow" tabIndex={0} role="group" aria-label={t('workflows.diagram')}>
      <svg {...size} viewBox={`0 0 ${size.width} ${size.height}`} role="img" aria-label={definition.name}>
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" className="flow-arrow" />
          </marker>
        </defs>
        {definition.actions.map((action) => (
          <Ways key={action.id} {...{ definition, action, spots }} part="lines" />
        ))}
        {definition.actions.map((action) => (
          <Ways key={action.id} {...{ definition, action, spots }} part="words" />
        ))}
        {definition.actions.map((action) => (
          <Node key={action.id} action={action} spot={spots.get(action.id)} state={passed?.[action.id] ?? 'none'} />
        ))}
      </svg>
    </Box>
  )
}

/** Rows that are not full stand in the middle. */
function spotOf({ row, column }: Placed, placed: readonly Placed[], all: number): Spot {
  const inRow = placed.filter((one) => one.row === row).length
  const used = inRow * width + (inRow - 1) * gapX
  return { x: margin + (all - used) / 2 + column * (width + gapX), y: margin + row * (height + gapY) }
}

type WaysGiven = { definition: Definition; action: Action; spots: Map<string, Spot>; part: 'lines' | 'words' }

/** All lines are drawn before the first word, so that none runs through a word. */
function Ways({ definition, action, spots, part }: WaysGiven) {
  const { endName, exitName } = useWords()
  const from = spots.get(action.id)
  if (!from) return null
  const exits = exitsOf(definition, action)
  return exits.map(({ exit, to }, index) => {
    const start = { x: from.x + (width * (index + 0.5)) / exits.length, y: from.y + height }
    const target = spots.get(to)
    const end = target
      ? { x: target.x + width / 2 + (start.x - from.x - width / 2) / 4, y: target.y - 2 }
      : { x: start.x, y: start.y + 34 }
    const bend = Math.max(12, (end.y - start.y) / 2)
    return (
      <g key={exit} className={target ? 'flow-on' : `flow-ends flow-to-${to}`}>
        {part === 'lines' ? (
          <path
            className="flow-way"
            markerEnd="url(#arrow)"
            d={`M${start.x} ${start.y}C${start.x} ${start.y + bend} ${end.x} ${end.y - bend} ${end.x} ${end.y}`}
          />
        ) : null}
        {part === 'lines' || exit === 'next' ? null : (
          <text className="flow-exit" x={start.x} y={start.y + 16} textAnchor="middle">
            {exitName(exit)}
          </text>
        )}
        {part === 'lines' || target ? null : (
          <text className="flow-exit flow-end" x={end.x} y={end.y + 13} textAnchor="middle">
            {endName(to)}
          </text>
        )}
      </g>
    )
  })
}

type NodeGiven = { action: Action; spot: Spot | undefined; state: string }

function Node({ action, spot, state }: NodeGiven) {
  const { typeName } = useWords()
  if (!spot) return null
  return (
    <g transform={`translate(${spot.x} ${spot.y})`} className={`flow-node flow-${state}`}>
      <rect width={width} height={height} rx={8} />
      <text className="flow-type" x={12} y={20}>
        {typeName(action.type)}
      </text>
      <text className="flow-name" x={12} y={39}>
        {shortened(action.name ?? action.id)}
      </text>
    </g>
  )
}

const shortened = (text: string) => (text.length > 24 ? `${text.slice(0, 23)}…` : text)
