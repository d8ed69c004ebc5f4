import type { PlainWords } from '../en/page-plain.ts';

export const plain: PlainWords = {
  reload: '此为当前时刻的状态，重新加载可更新。',
  profile: '配置',
  endpoint: '端点',
  state: '状态',
  since: '自',
  why: '原因',
  until: '至',
  success: '成功率',
  firstToken: '响应',
  requests: (running, waiting) => `请求：${running} 个进行中，${waiting} 个等待中`,
  queue: (waiting, answered, dead) => `队列：${waiting} 个等待，${answered} 个已应答，${dead} 个失效`,
  active: '当前',
  pinned: '已固定',
  caption: '端点，按询问顺序',
  missing: '此安装缺少页面文件。不用这些文件也能查看状态，密码就是票据：',
};
