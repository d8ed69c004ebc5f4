import type { CertWords } from '../en/cert.ts';

export const cert: CertWords = {
  made: (until) => `证书已生成，有效期至 ${until}`,
  names: '适用于',
  until: '有效期至',
  fingerprint: 'SHA-256 指纹',
  ca: '签发机构',
  caUntil: '签发机构有效期至',
  caFingerprint: '签发机构 SHA-256 指纹',
  notUsed: 'proxy.tls_cert 指向另一个文件：此证书未启用',
  newCa: '签发机构是新的：每个客户端都需要这一份副本',
  here: '在本机执行，让其他机器可以接入：',
  there: (ca) => `在其他每台机器上，复制 ${ca}（不是秘密）后执行：`,
  others: 'qcc 以外的程序通过以下变量信任它：',
};
