/** Names for those who did something. */
import { printed } from '../parts/given.ts'
import { useUserNames } from '../people/user-source.ts'

type Actor = { [name: string]: unknown }

const userOf = ({ user_id }: Actor) => (typeof user_id === 'string' ? user_id : null)

/** Who did it, in a few words: a user's name where he may be seen, else an identifier. Given all who are on the page. */
export function useWho(actors: readonly Actor[]): (actor: Actor) => string {
  const nameOf = useUserNames(actors.flatMap((one) => userOf(one) ?? []))
  return (actor) => {
    const user = userOf(actor)
    return user === null ? printed(actor.oauth_client_id ?? actor.api_key_id ?? actor.name ?? actor.type) : nameOf(user)
  }
}
