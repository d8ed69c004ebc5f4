/** The same in Chinese. */
import type { leftOutEn } from './en-left-out.ts';

export const leftOutZh: typeof leftOutEn = {
  because_keyGone: '已被删除，其密钥也已销毁',
  because_otherHost: '其密钥已销毁，而现有密钥属于另一主机',
  because_keyReplaced: '保留现有密钥，原密钥已销毁',
  because_addressRefused: '其地址现在不被接受',
  because_settingGone: '此设置已不存在',
  because_valueGone: '其值是机密，已不存在',
  because_outOfRange: '其值超出范围',
  because_noCounterpart: '在 qcc 中没有对应项',
  because_noAddress: '没有地址',
  because_noKey: '文件和本机都没有它的密钥',
  because_refused: '其地址或某个数值不被接受',
  because_renamed: '原名不能作为配置名',
  because_needsCertificate: '需要 proxy.tls_cert 和 proxy.tls_key',
  because_twin: '相同的地址和密钥已存在',
};
