import type { PageWords } from '../en/page.ts';
import { headline } from './page-headline.ts';
import { plain } from './page-plain.ts';

export const page: PageWords = {
  title: 'qcc',
  lang: 'zh-CN',
  headline,
  command: {
    opened: (origin) => `页面已在浏览器中打开：${origin}`,
    once: (port) => `只能用一次，一分钟内有效。通过 SSH 使用时，请转发相同的端口号：ssh -L ${port}:127.0.0.1:${port} …`,
    noBrowser: '此处没有找到浏览器；请在一分钟内打开此地址：',
    untilInterrupted: '按 Ctrl-C 结束',
  },
  plain,
};
