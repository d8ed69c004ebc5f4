/** The configuration at a past moment. */
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { seqOfMoment, stateAt } from './moment.ts';

/** @throws {QccError} as `seqOfMoment` */
export async function configurationThen(log: ReadableLog, moment: Params<'config.at'>): Promise<Answer<'config.at'>> {
  const state = await stateAt(log, await seqOfMoment(log, moment));
  return { configuration: state.configuration() };
}
