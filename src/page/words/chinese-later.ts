import { decided } from '../../messages/zh-CN/decided.ts';
import { fleetWords } from '../../messages/zh-CN/fleet.ts';
import { incidents } from '../../messages/zh-CN/incidents.ts';
import { pastWords } from '../../messages/zh-CN/page-past.ts';
import { plain } from '../../messages/zh-CN/page-plain.ts';
import { settingsWords } from '../../messages/zh-CN/page-settings.ts';
import { whatIf } from '../../messages/zh-CN/what-if.ts';
import type { LaterText } from './words.ts';

export const later: LaterText = {
  views: { ...pastWords, ...settingsWords, fleet: fleetWords },
  incidents,
  plain,
  decided,
  story: { whatIf },
};
