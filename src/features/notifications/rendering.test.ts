import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DomainError } from '#kernel/errors.ts'
import { processorMs } from '#test/support/processor-time.ts'
import { builtInTemplates } from './built-in-templates.ts'
import { render } from './liquid.ts'
import { renderTemplate, templateProblems } from './rendering.ts'
import type { TemplateContent } from './schemas.ts'

const own = (text: Partial<TemplateContent['texts']['fr']>, variables: string[] = ['a']): TemplateContent => ({
  name: 'Own',
  category: 'general',
  channels: ['email'],
  variables: variables.map((name) => ({ name })),
  texts: { fr: { title: 'T', body: 'B', ...text } },
})

test('every template of the platform is sound, and says something with its examples in both languages', () => {
  for (const [id, content] of Object.entries(builtInTemplates)) {
    assert.deepEqual(templateProblems(content), [], id)
    const variables = Object.fromEntries(content.variables.map(({ name, example }) => [name, example]))
    for (const language of ['fr', 'en'] as const) {
      const rendered = renderTemplate(content, language, { variables, tenantName: 'ABC' })
      assert.equal(rendered.language, language, id)
      assert.ok(rendered.title && rendered.body, id)
      assert.doesNotMatch(rendered.title + rendered.body, /[{}]/, id)
      assert.ok(rendered.actionUrl, id)
    }
  }
})

test("without what is optional they say something too: the document's example", () => {
  const given = { variables: { invoice_number: 'INV-2024-001', amount: '1500.00' }, tenantName: '' }
  const { title, body, actionUrl } = renderTemplate(builtInTemplates.invoice_created as TemplateContent, 'fr', given)
  assert.deepEqual(
    { title, body, actionUrl },
    {
      title: 'Nouvelle facture',
      body: 'La facture INV-2024-001 a été créée',
      actionUrl: null,
    },
  )
})

test('faults of a template are told by their place: unknown variables, filters and tags, no text at all', () => {
  const problems = (content: TemplateContent) =>
    templateProblems(content).map((one) => `${one.path?.slice(1).join('.')}: ${one.message}`)
  assert.match(problems(own({ title: '{{ b }}' })).join(), /texts\.fr\.title: Not declared among the variables: b/)
  assert.match(problems(own({ body: '{{ a | raw }}' })).join(), /texts\.fr\.body: undefined filter: raw/)
  assert.match(problems(own({ html: '{% if a %}' })).join(), /texts\.fr\.html: /)
  assert.match(problems(own({ body: '{% no_such_tag %}' })).join(), /texts\.fr\.body: /)
  assert.match(problems({ ...own({}), texts: {} }).join(), /texts: At least one/)
  assert.match(problems(own({}, ['a', 'a'])).join(), /declared twice/)
})

test('endless and greedy templates end, soon, with a refusal', () => {
  const started = processorMs()
  for (const source of [
    '{% for i in (1..1000000000) %}x{% endfor %}',
    '{% for i in (1..9000) %}{% for j in (1..9000) %}{{ i }}{% endfor %}{% endfor %}',
    '{% assign x = "0123456789" %}{% for i in (1..60) %}{% assign x = x | append: x %}{% endfor %}{{ x }}',
    '{% include "/etc/passwd" %}',
    '{% render "x" %}',
    '{% layout "x" %}',
  ]) {
    assert.equal(render(source, { language: 'fr' }, 'html').ok, false, source)
  }
  assert.ok(processorMs() - started < 5_000)
})

test('what is given becomes text in HTML and one line in a subject, and nothing of our objects is reached', () => {
  const evil = '<script>x</script>\r\nBcc: a@example.com'
  const rendered = renderTemplate(own({ title: '{{ a }}', html: '<p>{{ a }}</p>' }), 'fr', {
    variables: { a: evil },
    tenantName: '',
  })
  assert.equal(rendered.title, '<script>x</script> Bcc: a@example.com')
  assert.match(rendered.html ?? '', /^<p>&lt;script&gt;/)
  for (const path of ['constructor', '__proto__', 'toString', 'constructor.constructor']) {
    assert.equal(render(`{{ a.${path} }}`, { language: 'fr', a: {} }, 'text').ok, false, path)
  }
})

test('numbers, money and days are written as the language does', () => {
  const said = (language: string) =>
    render(
      '{{ a | money }} / {{ 1234567 | number }} / {{ d | day }}',
      { language, a: '1500.5', d: '2024-01-15' },
      'text',
    )
  const plain = (rendering: ReturnType<typeof render>) =>
    rendering.ok ? rendering.text.replace(/[\u00a0\u202f]/g, ' ') : rendering.problem
  assert.equal(plain(said('fr')), '1 500,50 € / 1 234 567 / 15 janvier 2024')
  assert.equal(plain(said('en')), '€1,500.50 / 1,234,567 / 15 January 2024')
})

test('every variable that is missing is named', () => {
  assert.throws(
    () =>
      renderTemplate(own({ title: '{{ a }} {{ b }}' }, ['a', 'b', 'c']), 'fr', {
        variables: { b: 1, constructor: 1 },
        tenantName: '',
      }),
    (error: unknown) => error instanceof DomainError && error.details.map((one) => one.path?.at(-1)).join() === 'a,c',
  )
})
