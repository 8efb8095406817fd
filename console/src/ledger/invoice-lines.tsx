import { ActionIcon, Button, Group, Stack, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'

export type Line = { key: number; description: string; quantity: string; unit_price: string; vat_rate: string }

export const newLine = (lines: readonly Line[]): Line => ({
  key: Math.max(-1, ...lines.map((one) => one.key)) + 1,
  description: '',
  quantity: '1',
  unit_price: '',
  vat_rate: lines.at(-1)?.vat_rate ?? '20',
})

type Given = {
  lines: readonly Line[]
  field: (name: string) => object
  onAdd: () => void
  onRemove: (at: number) => void
}

export function InvoiceLines({ lines, field, onAdd, onRemove }: Given) {
  const { t } = useTranslation()
  const number = { inputMode: 'decimal', required: true } as const
  return (
    <Stack>
      {lines.map((line, at) => (
        <Group key={line.key} gap="xs" align="flex-start">
          <TextInput
            label={t('invoices.description')}
            required
            maxLength={1000}
            flex="1 1 14rem"
            {...field(`lines.${at}.description`)}
          />
          <TextInput label={t('invoices.quantity')} flex="1 1 5rem" {...number} {...field(`lines.${at}.quantity`)} />
          <TextInput label={t('invoices.unitPrice')} flex="1 1 7rem" {...number} {...field(`lines.${at}.unit_price`)} />
          <TextInput label={t('invoices.vatRate')} flex="1 1 5rem" {...number} {...field(`lines.${at}.vat_rate`)} />
          <ActionIcon
            variant="subtle"
            color="red"
            size="lg"
            mt={25}
            disabled={lines.length === 1}
            aria-label={t('invoices.removeLine', { number: at + 1 })}
            onClick={() => onRemove(at)}
          >
            <IconX size={18} />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button variant="default" leftSection={<IconPlus size={16} />} onClick={onAdd}>
          {t('invoices.addLine')}
        </Button>
      </Group>
    </Stack>
  )
}
