/** What has come in over one connection, as a person is shown it. */
import type { Millis } from '../../events/fact.ts';
import type { FleetLive, FleetMemberRow } from '../contract/fleet.ts';
import { iso } from '../platform/time.ts';
import type { Inbox, Member, PathFailure } from './inbox.ts';
import { silenceMs } from './membership.ts';

type Rows = Pick<FleetLive, 'received' | 'refused' | 'refusedNow' | 'members' | 'paths'>;

/** @param inbox undefined while there is no connection */
export function heardRows(inbox: Inbox | undefined, now: Millis): Rows {
  if (!inbox) return { received: 0, refused: {}, refusedNow: [], members: [], paths: [] };
  return {
    received: inbox.received,
    refused: Object.fromEntries(inbox.refused),
    refusedNow: inbox.refusedSince(now - silenceMs),
    members: inbox.members().map((one) => memberRow(one, now)),
    paths: inbox.paths(now).map(pathRow),
  };
}

function pathRow({ heardAt, until, ...path }: PathFailure): Rows['paths'][number] {
  return { ...path, heardAt: iso(heardAt), until: iso(until) };
}

function memberRow({ member, name, epoch, seq, seenAt, heard }: Member, now: Millis): FleetMemberRow {
  return { member, name, joinedAt: iso(epoch), seq, seenAt: iso(seenAt), isPresent: now - seenAt < silenceMs, heard };
}
