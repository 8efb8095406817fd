/** An input that fits, for the operations of profiles and of what hangs on them. */
export const profileInputs: Readonly<Record<string, (clientUid: string) => Record<string, unknown>>> = {
  'api-key.exchange': () => ({ apiKey: 'sk_test_unknown' }),
  'api-key.refresh-access': () => ({ refreshToken: 'rt_unknown' }),
}
