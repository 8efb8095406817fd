import { Alert, Button, Group, NumberInput, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, ask } from '../api/client.ts'
import { Problem } from '../api/problem.ts'
import type { Paths } from '../api/schema.ts'
import { useMay } from '../app/me.ts'
import { useAct } from '../parts/act.tsx'
import { useFormat } from '../parts/format.ts'
import { formText } from '../parts/given.ts'
import { Page, Section } from '../parts/page.tsx'
import { Answer, Empty, Failure } from '../parts/states.tsx'
import { ExportList } from './export-list.tsx'
import { FecReport } from './fec-report.tsx'

type Company = Paths['/api/v1/company']['get']['responses'][200]['content']['application/json']
export type Report = Paths['/api/v1/export/fec/check']['post']['responses'][200]['content']['application/json']
const encodings = ['iso-8859-15', 'utf-8'] as const

/** The legal file of a fiscal year: the company it names, its checks, the file. */
export function Fec() {
  const { t } = useTranslation()
  const may = useMay()
  const company = useQuery({ queryKey: ['company'], queryFn: () => ask(api.GET('/api/v1/company')) })
  return (
    <Page title={t('fec.title')} about={t('fec.about')}>
      <Section title={t('fec.company')} about={t('fec.companyAbout')}>
        <Answer query={company} rows={2}>
          {(found) => <CompanyForm key={JSON.stringify(found)} company={found} />}
        </Answer>
      </Section>
      <Make hasSiren={company.data ? company.data.siren !== null : true} />
      {may('export:view') ? (
        <Section title={t('fec.earlier')}>
          <Stack>
            <ExportList only="fec" empty={<Empty title={t('fec.none')} />} />
          </Stack>
        </Section>
      ) : null}
    </Page>
  )
}

function CompanyForm({ company }: { company: Company }) {
  const { t } = useTranslation()
  const { date, language } = useFormat()
  const may = useMay()
  const [month = '12', day = '31'] = company.fiscal_year_end.split('-')
  const [endMonth, setEndMonth] = useState(month)
  const readOnly = !may('company:update')
  const act = useAct({
    run: (values: { siren: string; day: string }) =>
      ask(
        api.PUT('/api/v1/company', {
          body: {
            siren: values.siren.replace(/\s/g, '') || null,
            fiscal_year_end: `${endMonth}-${values.day.padStart(2, '0')}`,
            irregular_years: company.irregular_years,
          },
        }),
      ),
    done: t('common.saved'),
    refresh: [['company']],
    silent: true,
  })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    act.mutate({ siren: formText(form, 'siren'), day: formText(form, 'day') })
  }
  const monthName = new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' })
  const months = Array.from({ length: 12 }, (_, at) => ({
    value: String(at + 1).padStart(2, '0'),
    label: monthName.format(new Date(Date.UTC(2024, at, 15))),
  }))
  const isWrong = act.error instanceof Problem && act.error.code === 'siren_invalid'
  return (
    <form onSubmit={submit}>
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 3 }} maw={720}>
          <TextInput
            name="siren"
            label={t('fec.siren')}
            placeholder={t('fec.sirenHint')}
            inputMode="numeric"
            pattern="[0-9\s]{9,11}"
            defaultValue={company.siren ?? ''}
            readOnly={readOnly}
            error={isWrong ? t('fec.sirenWrong') : null}
          />
          <TextInput
            name="day"
            label={t('fec.yearEnd')}
            inputMode="numeric"
            pattern="0?[1-9]|[12][0-9]|3[01]"
            required
            defaultValue={String(Number(day))}
            readOnly={readOnly}
          />
          <Select
            label={t('fec.month')}
            data={months}
            value={endMonth}
            allowDeselect={false}
            readOnly={readOnly}
            onChange={(value) => setEndMonth(value ?? '12')}
          />
        </SimpleGrid>
        {company.irregular_years.length > 0 ? (
          <Text size="sm">
            {t('fec.irregular')}:{' '}
            {company.irregular_years
              .map((one) => `${one.fiscal_year} (${date(one.starts_on)} – ${date(one.ends_on)})`)
              .join(', ')}
          </Text>
        ) : null}
        {act.error && !isWrong ? <Failure error={act.error} /> : null}
        {readOnly ? null : (
          <Group>
            <Button type="submit" variant="default" loading={act.isPending}>
              {t('action.save')}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}

function Make({ hasSiren }: { hasSiren: boolean }) {
  const { t } = useTranslation()
  const [year, setYear] = useState(new Date().getFullYear() - 1)
  const [encoding, setEncoding] = useState<(typeof encodings)[number]>('iso-8859-15')
  const check = useAct({
    run: () => ask(api.POST('/api/v1/export/fec/check', { body: { fiscal_year: year, encoding } })),
    silent: true,
  })
  const create = useAct({
    run: () => ask(api.POST('/api/v1/export/fec', { body: { fiscal_year: year, encoding } })),
    done: ({ status }) => (status === 'ready' ? t('exports.made') : t('exports.runs')),
    refresh: [['exports']],
    silent: true,
  })
  const begin = () => {
    check.reset()
    create.reset()
  }
  // What the file is refused for, the checks show in full.
  const isRefused = create.error instanceof Problem && create.error.code.startsWith('fec_')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    begin()
    check.mutate()
  }
  const make = () => {
    create.mutate(undefined, { onError: () => check.mutate() })
  }
  return (
    <Section title={t('fec.make')}>
      <Stack>
        <form onSubmit={submit}>
          <Group align="flex-end">
            <NumberInput
              label={t('fec.year')}
              min={1900}
              max={2099}
              allowDecimal={false}
              thousandSeparator=""
              w={130}
              value={year}
              onChange={(value) => {
                begin()
                setYear(Number(value))
              }}
            />
            <Select
              label={t('fec.encoding')}
              w={320}
              allowDeselect={false}
              data={encodings.map((one) => ({ value: one, label: one === 'utf-8' ? 'UTF-8' : t('fec.official') }))}
              value={encoding}
              onChange={(value) => {
                begin()
                setEncoding(value ?? 'iso-8859-15')
              }}
            />
            <Button
              type="submit"
              variant="default"
              leftSection={<IconShieldCheck size={18} />}
              loading={check.isPending}
            >
              {t('fec.check')}
            </Button>
            <Button onClick={make} loading={create.isPending} disabled={!hasSiren}>
              {t('fec.create')}
            </Button>
          </Group>
        </form>
        {hasSiren ? null : (
          <Alert color="yellow" variant="light" icon={<IconAlertTriangle />}>
            {t('fec.noSiren')}
          </Alert>
        )}
        {create.error && !isRefused ? <Failure error={create.error} /> : null}
        {check.error ? <Failure error={check.error} /> : null}
        <div aria-live="polite">{check.data ? <FecReport report={check.data} /> : null}</div>
      </Stack>
    </Section>
  )
}
