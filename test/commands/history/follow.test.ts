/** `qcc history --follow` beside a gateway that runs: nothing that happens while it reads is passed over. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { runCli } from '../../../src/cli/driver.ts';
import { connect } from '../../../src/control/client.ts';
import { runGateway } from '../../../src/gateway/gateway.ts';
import { temporaryHome } from '../../support/home.ts';

it('history --follow prints facts that arrive during its output, each once and in order', async () => {
  const home = temporaryHome();
  const gateway = await runGateway({ home, port: 0 });
  const { call, close } = await connect({ home, needGateway: true });
  onTestFinished(async () => {
    await close();
    await gateway.stop(0);
    await gateway.stopped;
  });
  await call('profile.add', { name: 'first' });
  const seqs: number[] = [];
  let news: Promise<unknown> | undefined;
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    seqs.push((JSON.parse(String(line)) as { seq: number }).seq);
    news ??= call('profile.add', { name: 'second' });
    // Enough was seen: a follower never ends by itself.
    if (String(line).includes('"second"')) throw new Error('seen');
    return true;
  });
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await runCli(['history', '--follow', '--json'], { QCC_HOME: home });
  for (const spy of [stdout, stderr]) spy.mockRestore();
  await news;
  expect(seqs.length).toBeGreaterThan(2);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
});
