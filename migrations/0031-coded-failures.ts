/** Why an analysis or an import failed is said by codes, so that everybody reads it in his own language. */
export const sql = `
-- What is known already stays known: no row has to be looked at.
alter table analyses
  drop constraint analyses_failure_known,
  add constraint analyses_failure_known check (failure in ('profile_changed', 'content_lost', 'internal')) not valid;

-- Beside the sentence (failure), which imports that failed before have alone.
alter table imports
  add column failure_code text,
  add column failure_parameters jsonb;
`
