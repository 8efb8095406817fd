/** Few workbooks are read at a time; whose are many or slow does not keep others waiting. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeXlsx } from 'hucre/xlsx'
import { FairTurns } from './fair-turns.ts'
import type { TableSource } from './index.ts'
import { findLayout, readTable } from './index.ts'

test('owners take turns, however many one of them wants, and what is given back twice counts once', async () => {
  const turns = new FairTurns(1)
  const order: string[] = []
  const first = await turns.take('greedy')
  const all = ['greedy', 'greedy', 'greedy', 'modest', 'other'].map(async (owner) => {
    const finish = await turns.take(owner)
    order.push(owner)
    finish()
    finish()
  })
  first()
  await Promise.all(all)
  assert.deepEqual(order, ['greedy', 'modest', 'other', 'greedy', 'greedy'])
  const finish = await turns.take('next')
  finish()
})

test('a job that reads a workbook for hours keeps nobody waiting who looks at one, nor the job of somebody else', async () => {
  const rows = [['code', 'nom'], ...Array.from({ length: 5_000 }, (_, i) => [`C${i}`, 'Alpha'])]
  const content = Buffer.from(await writeXlsx({ sheets: [{ name: 'S', rows }] }))
  const source = (owner: string, isLong: boolean): TableSource =>
    Object.assign(
      async () =>
        (async function* () {
          yield content
        })(),
      { reader: { owner, isLong } },
    )
  const layout = await findLayout(source('one', false), {})
  const slow = readTable(source('one', true), layout)
  await slow.next()
  assert.deepEqual((await findLayout(source('other', false), {})).headers, ['code', 'nom'])
  let read = 0
  for await (const group of readTable(source('other', true), layout)) read += group.length
  assert.equal(read, 5_000)
  await slow.return(undefined)
})
