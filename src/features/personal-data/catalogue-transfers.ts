/** Catalogue: what came in and went out in files, and what was asked for. */
import type { TableEntry } from './catalogue.ts'

export const transferTables: Readonly<Record<string, TableEntry>> = {
  exports: {
    id: 'id file_id requested_by',
    free: 'request failure_details',
    plain:
      'entity_type format status attempt rows_expected rows_written failure file_name file_size created_at started_at ended_at expires_at',
    erase: 'scrub',
  },
  reports: {
    id: 'id template_id requested_by schedule_id file_id',
    free: 'parameters request recipients failure_details',
    plain:
      'builder format language status attempt progress failure file_name file_size retention_days is_preview created_at started_at ended_at expires_at',
    erase: 'scrub',
  },
  report_schedules: {
    id: 'id template_id last_report_id created_by',
    config: 'name',
    free: 'parameters recipients last_failure',
    plain: 'cron time_zone format language is_active next_run_at last_run_at created_at updated_at',
    erase: 'scrub',
  },
  report_settings: {
    config: 'logo logo_type',
    plain: 'language time_zone retention_days daily_limit stored_megabytes updated_at',
    erase: 'none',
  },
  report_templates: { id: 'id', config: 'content', plain: 'created_at updated_at', erase: 'none' },
  import_files: {
    id: 'file_id',
    free: 'layout',
    plain: 'sha256 size rows_estimated created_at expires_at',
    erase: 'files',
  },
  import_refusals: { id: 'import_id', sealed: 'rows_ciphertext', plain: 'position refused', erase: 'files' },
  import_templates: { id: 'id', config: 'name definition', plain: 'entity created_at updated_at', erase: 'none' },
  imports: {
    id: 'id template_id file_id refused_file_id created_by',
    free: 'plan failure failure_parameters',
    plain:
      'entity file_sha256 status attempt cancel_requested rows_estimated rows_read rows_inserted rows_updated rows_unchanged rows_refused failure_code created_at started_at resumed_at resumed_rows progressed_at finished_at',
    erase: 'files',
  },
  checks: {
    id: 'id requested_by',
    free: 'request failure_message',
    sealed: 'result_ciphertext',
    plain: 'kind status attempt expected checked valid failure created_at started_at ended_at',
    erase: 'scrub',
  },
  idempotency_keys: {
    id: 'caller key',
    sealed: 'response_ciphertext',
    plain: 'operation created_at expires_at',
    secret: 'request_hash',
    erase: 'scrub',
  },
  files: {
    id: 'id',
    plain: 'chunk_bytes size sha256 content_type scan created_at expires_at compressed',
    secret: 'data_key_ciphertext',
    erase: 'files',
  },
  // Exported as files, by their content.
  file_chunks: { id: 'file_id', plain: 'number', secret: 'sealed', erase: 'with', why: 'files' },
}
