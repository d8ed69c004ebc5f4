/** Why a switch is suppressed. */

const held: Readonly<Record<string, readonly [string, string]>> = {
  cooldown: ['the last switch is too recent (failover.cooldown)', '距上次切换太近（failover.cooldown）'],
  hourlyLimit: ['too many in this hour (failover.max_per_hour)', '本小时切换次数已达上限（failover.max_per_hour）'],
  off: ['failover.auto is off', 'failover.auto 已关闭'],
};

/** A reason of a newer version stays the word that it is. */
export function heldEn(because: string): string {
  return held[because]?.[0] ?? because;
}

export function heldZh(because: string): string {
  return held[because]?.[1] ?? because;
}
