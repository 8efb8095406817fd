// A profile is filled in, gets a document, is submitted and scored; the answer says why.
import { fileFrom } from '@clientele/client'
import { staff, until } from './setting.mjs'

const { uid } = await staff().post('/api/v1/clients', { body: { name: `Lender ${Date.now()}` } })
const lender = staff(uid)

const { data: profile } = await lender.post('/api/v1/profiles/', {
  body: {
    externalReference: 'loan-42',
    attributes: {
      lastname: 'Durand',
      firstname: 'Élise',
      email: 'elise.durand@example.com',
      birth_date: '1990-02-28',
      phone_number: '06 12 34 56 78',
      monthly_income: 4000,
      monthly_charges: 400,
      professional_situation: 'cadre',
      years_in_current_job: 6,
    },
  },
})
const path = { pk: profile.pk }

const pdf = new TextEncoder().encode(
  '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n',
)
await lender.upload('/api/v1/profiles/{pk}/documents/', {
  params: { path },
  form: { attribute: 'bank_statement', file: fileFrom(pdf, { name: 'statement.pdf' }) },
})
await lender.post('/api/v1/profiles/{pk}/submit/', { params: { path } })

const { data: asked } = await lender.post('/api/v1/profiles/{pk}/analyses/', { params: { path } })
const { data: analysis } = await until(
  () => lender.get('/api/v1/analyses/{pk}/', { params: { path: { pk: asked.pk } } }),
  ({ data }) => data.status === 'completed' || data.status === 'failed',
)
console.log(`score: ${analysis.score} by scorecard ${analysis.version}`)

const explanation = await lender.get('/api/v1/analyses/{pk}/explanation/', {
  params: { path: { pk: asked.pk }, query: { lang: 'en' } },
})
console.log(JSON.stringify(explanation.data).slice(0, 300))
