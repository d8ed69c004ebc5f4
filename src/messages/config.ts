/** The words of the configuration's commands: changes, snapshots, export and import, the audit. */
import type { Language } from './messages.ts';

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

const en = {
  noSnapshots: 'there is no snapshot yet',
  noDifference: 'there is no difference',
  noMoment: (text: string) => `"${text}" is a file, not a moment`,
  undoWith: (command: string) => `to undo it: ${command}`,
  askPassphrase: 'Passphrase',
  askAgain: 'The same again',
  passphrasesDiffer: 'the two passphrases differ',
  taken_hand: 'by hand',
  taken_import: 'before an import',
  taken_rollback: 'before a rollback',
  taken_reset: 'before a reset',
  because_keyGone: 'it was removed, and its key is gone',
  because_otherHost: 'its key is gone, and the present one was given for another host',
  because_keyReplaced: 'it keeps the key that it has now: the former one is gone',
  because_addressRefused: 'its address is refused now',
  because_settingGone: 'there is no such setting any more',
  because_valueGone: 'its value is a secret, and is gone',
  because_outOfRange: 'its value is out of range',
  because_noCounterpart: 'has no counterpart here',
  because_noAddress: 'has no address',
  because_noKey: 'there is no key for it, in the file or here',
  because_refused: 'its address or one of its numbers is none that qcc takes',
  because_renamed: 'its name is none that a profile can have',
  because_needsCertificate: 'needs proxy.tls_cert and proxy.tls_key',
  because_twin: 'the same address and key are there already',
  by: 'by',
  action: 'action',
  target: 'target',
  details: 'details',
  removesHome: (home: string) =>
    `qcc uninstall removes ${home}, with all keys and the whole history: this cannot be undone. Really?`,
  notGivenBack: "Claude Code's settings were not given back",
  serviceGone: 'the service is gone',
  gatewayGone: 'the gateway has stopped',
  homeGone: (home: string) => `removed: ${home}`,
  notOurs: (names: string) => `not made by qcc, and left: ${names}`,
  programStays: 'the program itself: npm uninstall -g qcc',
  facts: 'facts',
  bytes: 'bytes',
  backupHasKeys: 'the keys and what opens them are in it: keep it like a key',
  backupNeedsKeychain:
    'its keys open only with the keychain that this home uses; qcc config export --with-secrets takes them elsewhere',
  overridden: (name: string) => `the environment's ${name} holds all the same, until it is unset`,
  mended: (ids: string) => `mended: ${ids}`,
  found: (faults: number, warnings: number) =>
    faults + warnings === 0
      ? 'all is well'
      : [faults > 0 ? counted(faults, 'fault') : '', warnings > 0 ? counted(warnings, 'warning') : '']
          .filter((part) => part !== '')
          .join(', '),
};

type ConfigWords = typeof en;

const zh: ConfigWords = {
  noSnapshots: '还没有快照',
  noDifference: '没有差异',
  noMoment: (text) => `"${text}" 是文件，不是时刻`,
  undoWith: (command) => `撤销：${command}`,
  askPassphrase: '口令',
  askAgain: '再次输入',
  passphrasesDiffer: '两次口令不一致',
  taken_hand: '手动',
  taken_import: '导入前',
  taken_rollback: '回滚前',
  taken_reset: '重置前',
  because_keyGone: '已被删除，其密钥也已销毁',
  because_otherHost: '其密钥已销毁，而现有密钥属于另一主机',
  because_keyReplaced: '保留现有密钥：原密钥已销毁',
  because_addressRefused: '其地址现在不被接受',
  because_settingGone: '已没有此设置',
  because_valueGone: '其值是机密，已不存在',
  because_outOfRange: '其值超出范围',
  because_noCounterpart: '此处没有对应项',
  because_noAddress: '没有地址',
  because_noKey: '文件和此处都没有它的密钥',
  because_refused: '其地址或某个数值不被接受',
  because_renamed: '原名不能作为配置名',
  because_needsCertificate: '需要 proxy.tls_cert 和 proxy.tls_key',
  because_twin: '相同的地址和密钥已存在',
  by: '操作者',
  action: '操作',
  target: '对象',
  details: '详情',
  removesHome: (home) => `qcc uninstall 将删除 ${home}，包括全部密钥和历史。确定吗？`,
  notGivenBack: '未能还原 Claude Code 的设置',
  serviceGone: '服务已移除',
  gatewayGone: '网关已停止',
  homeGone: (home) => `已删除：${home}`,
  notOurs: (names) => `不是 qcc 创建的，已保留：${names}`,
  programStays: '程序本身：npm uninstall -g qcc',
  facts: '条事实',
  bytes: '字节',
  backupHasKeys: '其中包含密钥及其主密钥：请像密钥一样保管',
  backupNeedsKeychain: '其中的密钥只能用此目录所用的钥匙串打开；要带到别处请用 qcc config export --with-secrets',
  overridden: (name) => `环境变量 ${name} 仍然优先，直到取消设置`,
  mended: (ids) => `已修复：${ids}`,
  found: (faults, warnings) => (faults + warnings === 0 ? '一切正常' : `${faults} 个错误，${warnings} 个警告`),
};

export function configWordsOf(language: Language): ConfigWords {
  return language === 'zh-CN' ? zh : en;
}
