/** The words of the fleet. */
import { fleetWords as en, type FleetWords } from './en/fleet.ts';
import type { Language } from './messages.ts';
import { fleetWords as zh } from './zh-CN/fleet.ts';

export function fleetWordsOf(language: Language): FleetWords {
  return language === 'zh-CN' ? zh : en;
}
