/** The errors of named tokens, and of gateways on other machines, in Chinese. */
import type { ErrorParamsOf } from './params.ts';

type TokenCode = Extract<keyof ErrorParamsOf, `QCC_${'REMOTE' | 'TOKEN'}_${string}`>;

export const tokenErrorsZh: {
  readonly [Code in TokenCode]: {
    readonly message: (params: ErrorParamsOf[Code]) => string;
    readonly hint?: (params: ErrorParamsOf[Code]) => string;
  };
} = {
  QCC_REMOTE_PROFILE: {
    message: ({ url, said }) => `${url} 无法使用该配置：${said}`,
    hint: () => 'qcc code 不带 --profile；在网关所在机器上：qcc list',
  },
  QCC_REMOTE_REFUSED: {
    message: ({ url, said }) => `${url} 不接受此访问令牌：${said}`,
    hint: ({ url }) => `qcc use --gateway ${url} --token-stdin；在网关所在机器上：qcc token list`,
  },
  QCC_REMOTE_STRANGE: {
    message: ({ url, status }) => `${url} 有应答，但不是 qcc 网关（${status}）`,
    hint: () => '在网关所在机器上：qcc proxy status',
  },
  QCC_REMOTE_UNREACHABLE: {
    message: ({ url, why }) => `${url} 没有应答（${why}）`,
    hint: ({ other }) => `${other ? `地址可能是 ${other}；` : ''}在网关所在机器上：qcc proxy status`,
  },
  QCC_REMOTE_UNTRUSTED: {
    message: ({ url, why }) => `${url} 的证书不受信任（${why}）`,
    hint: () => '--ca ca.pem：网关所在机器上 qcc proxy cert --print 指出的文件',
  },
  QCC_TOKEN_EXISTS: { message: ({ name }) => `已有名为“${name}”的访问令牌` },
  QCC_TOKEN_MANY: { message: ({ most }) => `有效的访问令牌已有 ${most} 个，达到上限` },
  QCC_TOKEN_NAME: {
    message: ({ name }) =>
      `“${name}”不能作为访问令牌名：须为 1 到 64 个文字、数字、- _ .，且不以点或横线开头，也不能是 constructor 之类的词`,
  },
  QCC_TOKEN_REVOKED: { message: ({ name }) => `访问令牌“${name}”已吊销` },
  QCC_TOKEN_UNKNOWN: {
    message: ({ name }) => `没有名为“${name}”的访问令牌`,
    hint: ({ near, known }) =>
      known
        ? `${near ? `您是不是想用 ${near}？` : ''}现有：${String(known).split(', ').join('、')}`
        : 'qcc token add laptop',
  },
};
