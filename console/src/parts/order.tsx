import { ActionIcon, Group } from '@mantine/core'
import { IconArrowDown, IconArrowUp, IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

/** The list with one moved by a place; what would fall out stays. */
export function moved<Item>(items: readonly Item[], at: number, by: -1 | 1): Item[] {
  const to = at + by
  if (to < 0 || to >= items.length) return [...items]
  const next = [...items]
  const [item] = next.splice(at, 1)
  next.splice(to, 0, item as Item)
  return next
}

type Given<Item> = { name: string; items: readonly Item[]; at: number; onChange: (items: Item[]) => void }

/** Up, down and away: for one of a list whose order counts. */
export function OrderButtons<Item>({ name, items, at, onChange }: Given<Item>) {
  const { t } = useTranslation()
  const common = { variant: 'subtle', color: 'gray', size: 'md' } as const
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon
        {...common}
        aria-label={t('action.up', { name })}
        disabled={at === 0}
        onClick={() => onChange(moved(items, at, -1))}
      >
        <IconArrowUp size={18} />
      </ActionIcon>
      <ActionIcon
        {...common}
        aria-label={t('action.down', { name })}
        disabled={at === items.length - 1}
        onClick={() => onChange(moved(items, at, 1))}
      >
        <IconArrowDown size={18} />
      </ActionIcon>
      <ActionIcon
        {...common}
        color="red"
        aria-label={t('action.take', { name })}
        onClick={() => onChange(items.filter((_, index) => index !== at))}
      >
        <IconTrash size={18} />
      </ActionIcon>
    </Group>
  )
}
