/** Arguments and flags that commands of several nouns share, so that each means the same everywhere. */
import { argument, option, toggle } from './command.ts';

export const profile = argument('PROFILE', 'profiles');
export const endpoint = argument('ID', 'endpoints');

export const baseUrl = option('URL', 'the address of the endpoint', '端点地址');
export const apiKey = option('KEY', 'the key; it stays in the shell history', '密钥；会留在 shell 历史中');
export const apiKeyStdin = toggle('read the key from stdin', '从标准输入读取密钥');
export const apiKeyEnv = option('NAME', 'read the key from this environment variable', '从该环境变量读取密钥');
export const auth = option('x-api-key|bearer', 'the header that carries the key', '携带密钥的请求头');
export const preset = option('ID', 'the address and header of a vendor: qcc fc --list', '厂商预设，见 qcc fc --list');
export const model = option(
  'FROM=TO',
  'send model FROM as TO; "-" as TO: it has no such model',
  '把模型 FROM 以 TO 的名称发送；TO 为 "-" 表示没有该模型',
  {
    multiple: true,
  },
);
export const noModel = option('NAME', 'remove the rule for NAME', '去掉 NAME 的规则', { multiple: true });
export const adapt = option('auto|off', 'leave out of requests what it refuses', '从请求中去掉它拒绝的内容');
export const adaptThinking = option(
  'auto|keep|strip',
  'whether to keep thinking that other endpoints signed',
  '是否保留由其他端点签名的思考内容',
);
export const noTest = toggle('do not test it', '不测试');
export const name = option('NAME', 'its name', '名称');
export const port = option('PORT', 'the port to listen on; 0 takes a free one', '监听端口；0 表示任选空闲端口');
export const watch = toggle('show it again every second', '每秒刷新');
export const follow = toggle('keep showing what is new', '持续显示新内容', { alias: 'f' });
export const since = option(
  'TIME',
  'from this time on: 15m (ago), yesterday, #1234',
  '起始时间：15m（之前）、yesterday、#1234',
);
export const until = option('TIME', 'before this time', '截止时间（不含）');
export const verbose = toggle('more columns', '显示更多列');
export const limit = option('NUMBER', 'how many at most', '最多显示多少条', { alias: 'n' });
export const at = option('TIME', 'as it was then: 14:03:22, -15m, #1234', '当时的状态：14:03:22、-15m、#1234');
export const fromLog = option(
  'FILE',
  'query an incident file instead of this installation',
  '查询故障文件，而不是本机',
);
