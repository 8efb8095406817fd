/**
 * A scorecard: data that turns a profile into points. docs/scoring.md tells administrators how one is written.
 *
 * score = base points + the points of each rule, kept between 0 and 100, and not above the lowest ceiling that was met.
 */
import { Type } from 'typebox'
import { lineOfText } from '#kernel/schemas.ts'

const strict = { additionalProperties: false }

/** {value} stands for the value that was judged. */
export const bilingual = Type.Object({ fr: lineOfText(300), en: lineOfText(300) }, strict)
export type Bilingual = Type.Static<typeof bilingual>
export type Language = keyof Bilingual

const name = Type.String({ pattern: '^[a-z][a-z0-9_]{0,59}$' })
/** As the catalogue of attributes names it. */
const attribute = Type.String({ minLength: 1, maxLength: 100 })
const points = Type.Integer({ minimum: -100, maximum: 100 })

const outcomeFields = {
  points,
  reason: bilingual,
  /** However many points the other rules give, the score does not exceed this. */
  ceiling: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
}
export const outcome = Type.Object(outcomeFields, strict)
export type Outcome = Type.Static<typeof outcome>

const limit = Type.Union([Type.Number({ minimum: -1e12, maximum: 1e12 }), Type.Null()])
/** Which band the limit itself belongs to follows from the direction: always the one that is better for the borrower. */
const band = Type.Object({ from: limit, to: limit, ...outcomeFields }, strict)
export type Band = Type.Static<typeof band>

/** Where on the page a rule is told. */
export const topics = ['budget', 'work', 'housing', 'documents', 'other'] as const
export type Topic = (typeof topics)[number]

const ruleFields = {
  id: name,
  topic: Type.Enum(topics),
  title: bilingual,
}

const bands = Type.Array(band, { minItems: 1, maxItems: 30 })

export const figureNames = ['debt_ratio', 'left_to_live_on', 'left_to_live_on_per_person'] as const
export type FigureName = (typeof figureNames)[number]

/** rising: more is better for the borrower; falling: less is; free: neither is certain. */
export const directions = ['rising', 'falling', 'free'] as const
export type Direction = (typeof directions)[number]

const figureRule = Type.Object(
  {
    ...ruleFields,
    kind: Type.Literal('figure'),
    figure: Type.Enum(figureNames),
    bands,
    missing: outcome,
  },
  strict,
)
const numberRule = Type.Object(
  {
    ...ruleFields,
    kind: Type.Literal('number'),
    attribute,
    /** Attributes of the built-in catalogue have theirs (figures.ts); of others the scorecard says it. */
    direction: Type.Optional(Type.Enum(directions)),
    bands,
    missing: outcome,
  },
  strict,
)
const choiceRule = Type.Object(
  {
    ...ruleFields,
    kind: Type.Literal('choice'),
    attribute,
    /** Of a multiple choice, the option with most points counts. */
    options: Type.Array(
      Type.Object(
        {
          choices: Type.Array(Type.String({ minLength: 1, maxLength: 200 }), { minItems: 1, maxItems: 300 }),
          ...outcomeFields,
        },
        strict,
      ),
      { minItems: 1, maxItems: 50 },
    ),
    /** A choice that no option names, such as one that was added to the catalogue later. */
    otherwise: outcome,
    missing: outcome,
  },
  strict,
)
const documentsRule = Type.Object(
  {
    ...ruleFields,
    kind: Type.Literal('documents'),
    documents: Type.Array(attribute, { minItems: 1, maxItems: 50 }),
    complete: outcome,
    partial: outcome,
    none: outcome,
  },
  strict,
)

export const rule = Type.Union([figureRule, numberRule, choiceRule, documentsRule])
export type Rule = Type.Static<typeof rule>
export type BandRule = Type.Static<typeof figureRule> | Type.Static<typeof numberRule>
export type ChoiceRule = Type.Static<typeof choiceRule>
export type DocumentsRule = Type.Static<typeof documentsRule>

export const scorecardDefinition = Type.Object(
  {
    title: bilingual,
    /** Points that every profile starts with. */
    base: Type.Integer({ minimum: -100, maximum: 100 }),
    rules: Type.Array(rule, { minItems: 1, maxItems: 100 }),
    /** What a score is called, from each of these scores on. */
    grades: Type.Array(Type.Object({ from: Type.Integer({ minimum: 0, maximum: 100 }), label: bilingual }, strict), {
      minItems: 1,
      maxItems: 20,
    }),
  },
  strict,
)
export type ScorecardDefinition = Type.Static<typeof scorecardDefinition>
