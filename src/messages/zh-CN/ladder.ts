/** Why a switch was put off. */
const reasons: Readonly<Record<string, string>> = {
  cooldown: '距上次切换太近（failover.cooldown）',
  hourlyLimit: '本小时切换次数已达上限（failover.max_per_hour）',
  off: 'failover.auto 已关闭',
};

/** A reason of a newer version stays the word that it is. */
export const held = (because: string) => (Object.hasOwn(reasons, because) ? (reasons[because] ?? because) : because);
