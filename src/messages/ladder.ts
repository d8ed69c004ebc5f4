/** Why the active profile changed, or did not: facts tell it in English, and a person reads it in another language too. */

/**
 * The decisions of the ladder as facts have them, said again. A pattern and no code in the fact: a log of whatever age can be
 * read so. Names of profiles have no spaces, so that no sentence is taken for another.
 */
const sentences: readonly (readonly [RegExp, string])[] = [
  [/^all endpoints of (\S+) are out for certain$/, '$1 的端点确定全部不可用'],
  [/^(\S+) had no usable endpoint in (\d+) reports in a row$/, '$1 连续 $2 次报告无可用端点'],
  [/^(\S+) passed (\d+) checks and its delay$/, '$1 通过 $2 次检查并等满延时'],
  [/^(\S+) has endpoints that are out$/, '$1 有端点不可用'],
  [/^(\S+) is active instead of (\S+)$/, '当前为 $1，而非 $2'],
  [/^the pinned profile (\S+) has failed$/, '固定的配置 $1 已失败'],
  [/^(\S+) is not there any more$/, '$1 已不存在'],
  [/^(\S+) is pinned$/, '$1 已固定'],
  [/^it is not usable any more$/, '不再可用'],
  [/^automatic recovery is off$/, '自动恢复已关闭'],
  [/^released by hand$/, '手动解除'],
  [/^by hand$/, '手动'],
  [/^no endpoint of any profile is usable$/, '所有配置都没有可用端点'],
];

/** What is none of them, as what a person gave as the reason of a switch, stays as it is. */
export function ladderZh(because: string): string {
  const known = sentences.find(([form]) => form.test(because));
  return known ? because.replace(known[0], known[1]) : because;
}

export function ladderReason(because: string, language: 'en' | 'zh-CN'): string {
  return language === 'zh-CN' ? ladderZh(because) : because;
}

const held: Readonly<Record<string, readonly [string, string]>> = {
  cooldown: ['the last switch is too recent (failover.cooldown)', '距上次切换太近（failover.cooldown）'],
  hourlyLimit: ['too many in this hour (failover.max_per_hour)', '本小时切换次数已达上限（failover.max_per_hour）'],
  off: ['failover.auto is off', 'failover.auto 已关闭'],
};

/** Why a switch is held back. A reason of a newer version stays the word that it is. */
export function heldEn(because: string): string {
  return held[because]?.[0] ?? because;
}

export function heldZh(because: string): string {
  return held[because]?.[1] ?? because;
}
