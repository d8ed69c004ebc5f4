/** A try in the background that cannot read what it is to send. */
import { expect, it, vi } from 'vitest';
import type { QueueId } from '../../events/ids.ts';
import { Background } from '../../src/queue/background.ts';
import { BlobLost } from '../../src/queue/blob-format.ts';

async function triedWith(fault: Error) {
  const journal = { hasStarted: false, lost: vi.fn(), abandoned: vi.fn(), dropped: vi.fn() };
  const ports = { blobs: { open: () => Promise.reject(fault) } };
  const background = new Background(ports as never);
  background.run('q1' as QueueId, { asked: { body: 'blob' } } as never, journal as never, {} as never);
  await vi.waitFor(() => expect(journal.dropped).toHaveBeenCalled());
  return journal;
}

it.each(['EMFILE', 'ENFILE', 'EIO', 'EACCES'])(
  'does not give it up for lost when the system denies it now: %s',
  async (code) => {
    const { lost } = await triedWith(Object.assign(new Error(code), { code }));
    expect(lost).not.toHaveBeenCalled();
  },
);

it('gives up what is gone', async () => {
  const { lost, abandoned } = await triedWith(new BlobLost('gone'));
  expect([lost.mock.calls.length, abandoned.mock.calls.length]).toEqual([1, 0]);
});
