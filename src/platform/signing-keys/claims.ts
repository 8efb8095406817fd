/** What access tokens say. */
export type AccessClaims = {
  /** user */ sub: string
  /** tenant */ tid: string
  /** session */ sid: string
  /** acts for this client only */ client_uid?: string
}

/** An access token that was bought with an API key: it lives no longer than the key, and says no more than it. */
export type KeyClaims = {
  /** client */ sub: string
  /** tenant */ tid: string
  /** API key */ key: string
}

/** An access token that the authorization server gave to a registered client (RFC 9068). */
export type OAuthClaims = {
  /** user, or the client itself */ sub: string
  /** tenant */ tid: string
  client_id: string
  scope?: string
  aud: string
  /** the token's own id, by which it is found and revoked */ jti: string
}

/** Which key has signed it: whoever remembers the token asks before using it again whether the key is still trusted. */
export type Verified = { exp: number; keyId: string }
