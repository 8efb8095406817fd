/**
 * The hashes of many events at once. Of nearly every event no member holds a character that JSON escapes, and its actor is flat:
 * then its text is a matter of putting texts together, in half the time that JSON functions take (docs/performance-audit.md).
 * Whatever is otherwise, and whatever this cannot vouch for, is taken the exact way of chain.ts.
 */
import { eventTextSql, searchedAsWrittenSql, timestampSql } from './chain.ts'

/** What the expressions below are written for: times as texts, and texts sent as bytes. */
export const settingsOfHashes = `set_config('DateStyle', 'ISO', true), set_config('client_encoding', 'UTF8', true)`

/** JSON texts, as SQL, that are known otherwise. */
type Known = { category: string; tenantId: string }

/**
 * Rows (id, occurred_at, hash); no hash where an event is kept under another user or client than it names.
 * @param condition of the events, as SQL, which are called e
 */
export function hashedEventsSql(condition: string, known: Known): string {
  // Whatever is escaped begins with a backslash, and a backslash is escaped itself: asked once of all members together.
  // What is looked at more than once is made once: "offset 0" keeps it from being put into each place.
  return `select e.id, e.occurred_at, case
      when strpos(to_json(e.members)::text, '\\') = 0 and split_part(e.actor_text, '}', 2) = ''
           and ${names('user_id', 'user')} and ${names('client_id', 'client')}
        then sha256(textsend(${plainTextSql(known)}))
      when ${searchedAsWrittenSql('e')} then sha256(convert_to(${eventTextSql('e', known)}, 'UTF8')) end as hash
    from (select e.*, e.actor::text as actor_text, (e.occurred_at at time zone 'UTC')::text as time_text,
                 (e.action || e.description || e.id) || (e.severity || ${orEmpty('request_id')} || ${orEmpty('target_id')})
                   || (${orEmpty('target_type')} || ${orEmpty('user_id')} || ${orEmpty('client_id')}) as members
            from only audit_events e where ${condition} offset 0) e`
}

const orEmpty = (column: string): string => `coalesce(e.${column}, '')`
const orNull = (column: string): string => `coalesce('"' || e.${column} || '"', 'null')`

/**
 * Whether a column says whom the event names, as searchedAsWrittenSql asks it; of an actor that holds no object, and a column
 * without quotes. A quote inside a text of the actor has a backslash before it, so what is found is a member.
 */
const names = (column: string, kind: string): string => `case
  when e.${column} is null then strpos(e.actor_text, '"${column}":') = 0 and e.target_type is distinct from '${kind}'
  else starts_with(split_part(e.actor_text, '"${column}":"', 2), e.${column} || '"') end`

/** In halves of halves, so that each part is copied as seldom as can be. */
function plainTextSql({ category, tenantId }: Known): string {
  const target = `case when e.target_type is null and e.target_id is null then 'null'
    else ('{"entity_id":' || ${orNull('target_id')}) || (',"entity_type":' || ${orNull('target_type')} || '}') end`
  // Microseconds that end with zeros are cut there; dates of five digits and before Christ stand otherwise.
  const time = `case when octet_length(e.time_text) = 26 and e.occurred_at between '0002-01-01Z' and '9999-01-01Z'
    then replace(e.time_text, ' ', 'T') || 'Z"}' else ${timestampSql('e')} || '"}' end`
  return `(
    (('{"action":"' || e.action || '","actor":') || e.actor_text)
      || ((',"category":' || ${category} || ',"context":' || e.context::text) || (',"description":"' || e.description || '","id":"')))
    || ((e.id || '","request_id":' || ${orNull('request_id')} || ',"severity":"' || e.severity)
      || (('","target":' || ${target}) || (',"tenant_id":' || ${tenantId} || ',"timestamp":"' || ${time})))`
}
