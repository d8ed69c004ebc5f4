/** Named tokens: what their commands print. */
export const tokens = {
  bounds: 'bound to',
  expires: 'expires',
  used: 'last used',
  token: 'token',
  never: 'never',
  noEnd: 'never',
  states: { valid: 'valid', expired: 'expired', revoked: 'revoked' },
  inProfile: (profile: string) => `profile ${profile}`,
  atOnce: (most: number, running: number | null) => `${running === null ? '' : `${running} of `}${most} at once`,
  budget: (spent: string, usd: number, per: 'day' | 'month') =>
    `${spent} of $${usd} ${per === 'day' ? 'today' : 'this month'}`,
  unpriced: (models: string) => `without a known price, and so not counted in any budget: ${models}`,
  noUnit: (given: string) => `--expires ${given} has no unit: days, hours, minutes?`,
  noLimit: (given: string) => `--limit-usd must be dollars a day or a month, more than 0, not "${given}"`,
  changed: (name: string, bounds: string) => `token ${name} is bound to ${bounds === '' ? 'nothing' : bounds}`,
  none: 'there are no tokens; to make one:',
  added: (name: string) => `token ${name} is made; this is the only time that it is shown:`,
  rotated: (name: string) =>
    `token ${name} is replaced, and the former one has ended; this is the only time that the new one is shown:`,
  revoked: (name: string) => `token ${name} has ended: requests with it are refused`,
  askRotate: (name: string) =>
    `Replace token ${name}? The former one ends at once: its client is refused until it has the new one.`,
  askRevoke: (name: string) => `Revoke token ${name}? Its client is refused from now on; this cannot be undone.`,
  others: 'without a token',
};

export type TokenWords = typeof tokens;
