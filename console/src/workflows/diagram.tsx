import './diagram.css'
import { Box } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useUserNames } from '../people/user-source.ts'
import type { Action, Definition } from './definition.ts'
import type { Spot, Way } from './layout.ts'
import { layOut, node } from './layout.ts'
import { usersOf, useWords } from './words.ts'

/** How an execution has come to an action. */
export type Passed = Readonly<Record<string, 'completed' | 'failed' | 'waiting'>>

/** The way of an execution, from above to below; the same stands beside it in words. */
export function Diagram({ definition, passed }: { definition: Definition; passed?: Passed }) {
  const { t } = useTranslation()
  const { width, height, spots, ways } = layOut(definition)
  return (
    <Box className="flow" tabIndex={0} role="group" aria-label={t('workflows.diagram')}>
      <svg {...{ width, height }} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={definition.name}>
        <defs>
          <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
            <path d="M0 0L8 4L0 8z" className="flow-arrow" />
          </marker>
        </defs>
        {ways.map((way) => (
          <path
            key={`${way.from} ${way.exit}`}
            className={`flow-way ${spots.has(way.to) ? 'flow-on' : `flow-ends flow-to-${way.to}`}`}
            markerEnd="url(#arrow)"
            d={pathOf(way.points)}
          />
        ))}
        {/* All lines are drawn before the first word, so that none runs through a word. */}
        {ways.map((way) => (
          <Words key={`${way.from} ${way.exit}`} way={way} isOpen={!spots.has(way.to)} />
        ))}
        {definition.actions.map((action) => (
          <Node
            key={action.id}
            {...{ definition, action }}
            spot={spots.get(action.id)}
            state={passed?.[action.id] ?? 'none'}
          />
        ))}
      </svg>
    </Box>
  )
}

/** Straight past other steps, curved between the rows. */
function pathOf([first, ...rest]: readonly Spot[]): string {
  let at = first ?? { x: 0, y: 0 }
  let path = `M${at.x} ${at.y}`
  for (const to of rest) {
    const bend = Math.max(12, (to.y - at.y) / 2)
    path += to.x === at.x ? `L${to.x} ${to.y}` : `C${at.x} ${at.y + bend} ${to.x} ${to.y - bend} ${to.x} ${to.y}`
    at = to
  }
  return path
}

function Words({ way, isOpen }: { way: Way; isOpen: boolean }) {
  const { endName, exitName } = useWords()
  const [start, end] = [way.points[0], way.points.at(-1)]
  if (!start || !end) return null
  return (
    <g className={isOpen ? `flow-ends flow-to-${way.to}` : 'flow-on'}>
      {way.exit === 'next' ? null : (
        <text className="flow-exit" x={start.x} y={start.y + 16} textAnchor="middle">
          {exitName(way.exit)}
        </text>
      )}
      {isOpen ? (
        <text className="flow-exit flow-end" x={end.x} y={end.y + 13} textAnchor="middle">
          {endName(way.to)}
        </text>
      ) : null}
    </g>
  )
}

type NodeGiven = { definition: Definition; action: Action; spot: Spot | undefined; state: string }

function Node({ definition, action, spot, state }: NodeGiven) {
  const { about, stepName, typeName } = useWords(useUserNames(usersOf([action])))
  if (!spot) return null
  const [name, more] = [stepName(action), about(action, definition)]
  return (
    <g transform={`translate(${spot.x} ${spot.y})`} className={`flow-node flow-${state}`}>
      <title>{`${name}: ${more}`}</title>
      <rect width={node.width} height={node.height} rx={8} />
      <text className="flow-type" x={12} y={19}>
        {typeName(action.type)}
      </text>
      <text className="flow-name" x={12} y={38}>
        {shortened(name, 24)}
      </text>
      <text className="flow-type" x={12} y={56}>
        {shortened(more, 30)}
      </text>
    </g>
  )
}

const shortened = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text)
