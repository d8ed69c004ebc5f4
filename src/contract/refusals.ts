/** Refusals that a command and an operation both give. */
import { exitCodes, QccError } from '../errors/qcc-error.ts';

/** The profile has no endpoint: every request would be refused. */
export function noEndpoint(profile: string): QccError {
  return new QccError('QCC_PROFILE_BARE', { name: profile }, exitCodes.notFound);
}
