/** Why a switch was put off. */
const reasons: Readonly<Record<string, string>> = {
  cooldown: 'the last switch is too recent (failover.cooldown)',
  hourlyLimit: 'too many in this hour (failover.max_per_hour)',
  off: 'failover.auto is off',
};

/** A reason of a newer version stays the word that it is. */
export const held = (because: string) => (Object.hasOwn(reasons, because) ? (reasons[because] ?? because) : because);
