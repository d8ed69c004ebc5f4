/** Refusals that a command and an operation both give. */
import { exitCodes, QccError } from '../errors/qcc-error.ts';

/** Nothing could be asked there: every request would be refused. */
export function noEndpoint(profile: string): QccError {
  return new QccError('QCC_PROFILE_BARE', { name: profile }, exitCodes.notFound);
}
