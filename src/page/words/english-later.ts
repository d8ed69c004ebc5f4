import { decided } from '../../messages/en/decided.ts';
import { fleetWords } from '../../messages/en/fleet.ts';
import { incidents } from '../../messages/en/incidents.ts';
import { pastWords } from '../../messages/en/page-past.ts';
import { plain } from '../../messages/en/page-plain.ts';
import { settingsWords } from '../../messages/en/page-settings.ts';
import { whatIf } from '../../messages/en/what-if.ts';
import type { LaterText } from './words.ts';

export const later: LaterText = {
  views: { ...pastWords, ...settingsWords, fleet: fleetWords },
  incidents,
  plain,
  decided,
  story: { whatIf },
};
