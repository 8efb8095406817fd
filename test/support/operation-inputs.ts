/** An input that fits, for every operation of people, sessions, second factors, roles and registered OAuth2 clients. */

const id = '550e8400-e29b-41d4-a716-446655440000'
const goodPassword = 'several unrelated words'
const credential = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {}, clientExtensionResults: {} }
const code = { userId: 'user_unknown', code: '000000', method: 'totp' }

export const identityInputs: Readonly<Record<string, () => Record<string, unknown>>> = {
  'tenant.create': () => ({ name: 'Another tenant' }),
  'tenant.suspend': () => ({}),
  'tenant.reactivate': () => ({}),
  'tenant.view': () => ({}),
  'tenant.update': () => ({ mfaRequired: true }),
  'overview.view': () => ({ days: 14, offsetMinutes: 60 }),
  'rate-limit.view': () => ({}),
  'rate-limit.adjust': () => ({ user: 100, tenant: 1000, transfer: 10, storedBytes: 10 ** 10 }),

  'user.create': () => ({
    email: 'new@example.com',
    displayName: 'New',
    password: goodPassword,
    roles: ['viewer'],
  }),
  'user.list': () => ({ limit: 10 }),
  'user.view': () => ({ id: 'user_unknown' }),
  'user.update': () => ({ id: 'user_unknown', displayName: 'Renamed' }),
  'user.reset-password': () => ({ email: 'admin@example.com', password: goodPassword }),
  'user.reset-mfa': () => ({ userId: 'user_unknown' }),
  'user.invite': () => ({ email: 'invited@example.com', roles: ['viewer'] }),
  'user.list-invitations': () => ({}),
  'user.withdraw-invitation': () => ({ id: 'inv_unknown' }),
  'user.view-link': () => ({ token: 'inv_unknown' }),
  'user.accept-invitation': () => ({ token: 'inv_unknown', password: goodPassword, displayName: 'Invited' }),
  'user.change-own-password': () => ({ currentPassword: 'a', newPassword: goodPassword }),
  'user.request-password-link': () => ({ username: 'a@example.com' }),
  'user.create-password-link': () => ({ userId: 'user_unknown' }),
  'user.reset-password-by-link': () => ({ token: 'pwr_unknown', password: goodPassword }),

  'role.list': () => ({}),
  'role.create': () => ({ name: 'another', permissions: ['client:view'] }),
  'role.update': () => ({ name: 'another', permissions: ['client:view'] }),
  'role.delete': () => ({ name: 'another' }),

  'session.sign-in': () => ({ username: 'a@example.com', password: 'a', mayPend: true, accessLifetimeSeconds: 60 }),
  'session.refresh': () => ({ refreshToken: 'rt_unknown', accessLifetimeSeconds: 60 }),
  'session.sign-out': () => ({}),
  'session.who-am-i': () => ({}),
  'session.list': () => ({}),
  'session.end': () => ({ sessionId: 'sess_unknown' }),
  'session.end-others': () => ({}),
  'session.verify-second-factor': () => code,
  'session.step-up': () => code,
  'session.request-passkey': () => ({ mfaToken: 'mfa_unknown' }),
  'session.verify-passkey': () => ({ mfaToken: 'mfa_unknown', credential }),
  'session.request-passkey-step-up': () => ({}),
  'session.passkey-step-up': () => ({ credential }),

  'mfa.methods': () => ({}),
  'mfa.totp.set-up': () => ({}),
  'mfa.totp.activate': () => ({ code: '000000' }),
  'mfa.totp.disable': () => ({ code: '000000' }),
  'mfa.backup-codes.create': () => ({ code: '000000' }),
  'mfa.passkey.request-registration': () => ({}),
  'mfa.passkey.register': () => ({ credential }),
  'mfa.passkey.delete': () => ({ id: 'AAAA' }),

  'oauth2-client.create': () => ({ clientId: 'another', clientSecret: 'a-secret-of-the-client' }),
  'oauth2-client.list': () => ({ page: 1, size: 10 }),
  'oauth2-client.view': () => ({ id }),
  'oauth2-client.view-by-client-id': () => ({ clientId: 'another' }),
  'oauth2-client.update': () => ({ id, clientName: 'Renamed' }),
  'oauth2-client.delete': () => ({ id }),
  'oauth2-consent.list': () => ({}),
  'oauth2-consent.withdraw': () => ({ id }),
  'oauth2-consent.give': () => ({ registeredClientId: id, userId: 'user_unknown', scopes: ['client:view'] }),
}
