/** The platform's own templates; a tenant's template of the same name takes the place of one. */
import type { TemplateContent } from './schemas.ts'

const inApp: TemplateContent['channels'] = ['email', 'in_app']
const required = (name: string, example: unknown) => ({ name, example })
const optional = (name: string, example: unknown) => ({ name, example, required: false })

/** The page that a message is about, where there is one. */
const link = optional('url', 'https://app.example.com/')
const action = (fr: string, en: string) => ({
  fr: { label: fr, url: '{{ url }}' },
  en: { label: en, url: '{{ url }}' },
})

type Words = { title: string; body: string }

function template(
  about: { name: string; category: string; variables: TemplateContent['variables']; see?: [fr: string, en: string] },
  texts: { fr: Words; en: Words },
): TemplateContent {
  const actions = action(...(about.see ?? ['Ouvrir', 'Open']))
  return {
    name: about.name,
    category: about.category,
    channels: inApp,
    variables: [...about.variables, link],
    texts: { fr: { ...texts.fr, action: actions.fr }, en: { ...texts.en, action: actions.en } },
  }
}

export const builtInTemplates: Readonly<Record<string, TemplateContent>> = {
  // The document's own example: its title and text, word for word.
  invoice_created: template(
    {
      name: 'Nouvelle facture / New invoice',
      category: 'billing',
      variables: [
        required('invoice_number', 'INV-2024-001'),
        optional('amount', '1500.00'),
        optional('customer', 'ABC'),
      ],
      see: ['Voir la facture', 'See the invoice'],
    },
    {
      fr: {
        title: 'Nouvelle facture',
        body: 'La facture {{ invoice_number }} a été créée{% if customer %} pour {{ customer }}{% endif %}',
      },
      en: {
        title: 'New invoice',
        body: 'Invoice {{ invoice_number }} has been created{% if customer %} for {{ customer }}{% endif %}',
      },
    },
  ),
  approval_requested: template(
    {
      name: 'Approbation demandée / Approval requested',
      category: 'approval',
      variables: [
        required('workflow_name', 'Approbation Factures'),
        required('entity_summary', 'Facture 2500€ - Client ABC'),
        optional('expires_at', '2024-01-17T10:00:00Z'),
      ],
      see: ['Décider', 'Decide'],
    },
    {
      fr: {
        title: 'À approuver : {{ entity_summary }}',
        body: '{{ workflow_name }} attend votre décision : {{ entity_summary }}.{% if expires_at %}\n\nÀ décider avant le {{ expires_at | day }}.{% endif %}',
      },
      en: {
        title: 'To approve: {{ entity_summary }}',
        body: '{{ workflow_name }} waits for your decision: {{ entity_summary }}.{% if expires_at %}\n\nTo be decided by {{ expires_at | day }}.{% endif %}',
      },
    },
  ),
  approval_reminder: template(
    {
      name: "Rappel d'approbation / Approval reminder",
      category: 'approval',
      variables: [
        required('workflow_name', 'Approbation Factures'),
        required('entity_summary', 'Facture 2500€ - Client ABC'),
        required('expires_at', '2024-01-17T10:00:00Z'),
      ],
      see: ['Décider', 'Decide'],
    },
    {
      fr: {
        title: 'Rappel : {{ entity_summary }} attend votre décision',
        body: '{{ workflow_name }} attend toujours votre décision, avant le {{ expires_at | day }} : {{ entity_summary }}.',
      },
      en: {
        title: 'Reminder: {{ entity_summary }} waits for your decision',
        body: '{{ workflow_name }} still waits for your decision, by {{ expires_at | day }}: {{ entity_summary }}.',
      },
    },
  ),
  approval_decided: template(
    {
      name: 'Décision prise / Decision taken',
      category: 'approval',
      variables: [
        required('entity_summary', 'Facture 2500€ - Client ABC'),
        required('approved', true),
        optional('decided_by', 'Jeanne Martin'),
        optional('comment', 'Validé après vérification'),
      ],
    },
    {
      fr: {
        title: '{{ entity_summary }} : {% if approved %}approuvé{% else %}refusé{% endif %}',
        body: '{{ entity_summary }} a été {% if approved %}approuvé{% else %}refusé{% endif %}{% if decided_by %} par {{ decided_by }}{% endif %}.{% if comment %}\n\n« {{ comment }} »{% endif %}',
      },
      en: {
        title: '{{ entity_summary }}: {% if approved %}approved{% else %}rejected{% endif %}',
        body: '{{ entity_summary }} has been {% if approved %}approved{% else %}rejected{% endif %}{% if decided_by %} by {{ decided_by }}{% endif %}.{% if comment %}\n\n“{{ comment }}”{% endif %}',
      },
    },
  ),
  approval_without_approver: template(
    {
      name: 'Personne pour approuver / Nobody to approve',
      category: 'workflow',
      variables: [
        required('workflow_name', 'Approbation Factures'),
        required('entity_summary', 'Facture 2500€ - Client ABC'),
        optional('people', 0),
      ],
      see: ["Voir l'exécution", 'See the execution'],
    },
    {
      fr: {
        title: 'Personne pour approuver : {{ entity_summary }}',
        body: '{{ workflow_name }} attend une approbation : {{ entity_summary }}. {% if people > 0 %}Trop peu de personnes actives peuvent la donner.{% else %}Aucune personne active ne peut la donner.{% endif %} Donnez à quelqu’un le rôle demandé, ou changez les approbateurs du workflow.',
      },
      en: {
        title: 'Nobody to approve: {{ entity_summary }}',
        body: '{{ workflow_name }} waits for an approval: {{ entity_summary }}. {% if people > 0 %}Too few active people can give it.{% else %}No active person can give it.{% endif %} Give somebody the role that is asked for, or change who approves in the workflow.',
      },
    },
  ),
  workflow_failed: template(
    {
      name: 'Workflow en échec / Workflow failed',
      category: 'workflow',
      variables: [required('workflow_name', 'Approbation Factures'), required('reason', 'Timeout')],
    },
    {
      fr: { title: 'Échec : {{ workflow_name }}', body: '{{ workflow_name }} a échoué : {{ reason }}' },
      en: { title: 'Failed: {{ workflow_name }}', body: '{{ workflow_name }} has failed: {{ reason }}' },
    },
  ),
  report_ready: template(
    {
      name: 'Rapport prêt / Report ready',
      category: 'report',
      variables: [required('report_name', 'Rapport hebdomadaire'), optional('period', 'Janvier 2024')],
      see: ['Télécharger', 'Download'],
    },
    {
      fr: {
        title: '{{ report_name }} est prêt',
        body: 'Le rapport « {{ report_name }} » est prêt{% if period %} : {{ period }}{% endif %}.',
      },
      en: {
        title: '{{ report_name }} is ready',
        body: 'The report “{{ report_name }}” is ready{% if period %}: {{ period }}{% endif %}.',
      },
    },
  ),
  report_failed: template(
    {
      name: 'Rapport en échec / Report failed',
      category: 'report',
      variables: [required('report_name', 'Rapport hebdomadaire'), required('reason', 'Timeout')],
    },
    {
      fr: {
        title: "{{ report_name }} n'a pas pu être produit",
        body: "Le rapport « {{ report_name }} » n'a pas pu être produit : {{ reason }}",
      },
      en: {
        title: '{{ report_name }} could not be made',
        body: 'The report “{{ report_name }}” could not be made: {{ reason }}',
      },
    },
  ),
  transfer_finished: template(
    {
      name: 'Import ou export terminé / Import or export finished',
      category: 'system',
      variables: [required('file_name', 'clients.csv'), required('rows', 1200), optional('refused', 3)],
    },
    {
      fr: {
        title: '{{ file_name }} : terminé',
        body: '{{ file_name }} : {{ rows | number }} lignes traitées{% if refused %}, {{ refused | number }} refusées{% endif %}.',
      },
      en: {
        title: '{{ file_name }}: finished',
        body: '{{ file_name }}: {{ rows | number }} rows done{% if refused %}, {{ refused | number }} refused{% endif %}.',
      },
    },
  ),
  security_alert: template(
    {
      name: 'Alerte de sécurité / Security alert',
      category: 'security',
      variables: [required('event', 'Nouvelle connexion'), optional('details', 'Paris, 203.0.113.7')],
      see: ['Vérifier', 'Check'],
    },
    {
      fr: {
        title: 'Sécurité : {{ event }}',
        body: "{{ event }}.{% if details %}\n\n{{ details }}{% endif %}\n\nSi ce n'était pas vous, changez votre mot de passe.",
      },
      en: {
        title: 'Security: {{ event }}',
        body: '{{ event }}.{% if details %}\n\n{{ details }}{% endif %}\n\nIf this was not you, change your password.',
      },
    },
  ),
  announcement: template(
    {
      name: 'Annonce / Announcement',
      category: 'general',
      variables: [required('title', 'Maintenance'), required('message', 'Dimanche de 2 h à 4 h.')],
    },
    { fr: { title: '{{ title }}', body: '{{ message }}' }, en: { title: '{{ title }}', body: '{{ message }}' } },
  ),
}
