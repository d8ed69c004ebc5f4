/** The handler of last resort: unexpected errors are counted and logged, without what they quote, and end nothing. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { QccError } from '../../src/errors/qcc-error.ts';
import { sketch } from '../../src/platform/uncaught.ts';
import { programAt } from '../../src/pool/program.ts';

const secret = 'sk-ant-secret-0123456789';

/** Runs these lines in a process that has the net. */
function ran(lines: string) {
  const module = programAt('src/platform/uncaught').href;
  const program = `import { UncaughtErrors } from ${JSON.stringify(module)};
    const uncaught = new UncaughtErrors();
    uncaught.watch();
    ${lines}`;
  const args = ['--input-type=module', '-e', program];
  return spawnSync(process.execPath, args, { encoding: 'utf8' });
}

describe('an unexpected error', () => {
  it('in a timer, a listener, a microtask or a promise does not end the process', () => {
    const { status, stdout, stderr } = ran(`
      import { EventEmitter } from 'node:events';
      setTimeout(() => { throw new TypeError('${secret}'); });
      setTimeout(() => new EventEmitter().emit('error', new Error('${secret}')));
      queueMicrotask(() => { throw '${secret}'; });
      Promise.reject(new RangeError('${secret}'));
      setTimeout(() => console.log('went on', uncaught.count), 50);`);
    expect([status, stdout]).toEqual([0, 'went on 4\n']);
    for (const word of ['TypeError', 'RangeError', 'unexpected string', '    at ']) expect(stderr).toContain(word);
    expect(stderr).not.toContain(secret);
  });

  it('that occurs a thousand times does not write a thousand lines', () => {
    const { stdout, stderr } = ran(`
      for (let i = 0; i < 1000; i++) uncaught.take(new Error('again'), 1_700_000_000_000);
      uncaught.take(new Error('again'), 1_700_000_060_000);
      console.log(uncaught.count);`);
    expect(stdout).toBe('1001\n');
    expect(stderr.split('\n').filter((line) => line.includes('unexpected'))).toHaveLength(21);
    expect(stderr).toContain('and more of them');
  });

  it('ends nothing when the reader of the log has gone', () => {
    const module = programAt('src/platform/uncaught').href;
    const program = `import { UncaughtErrors } from ${JSON.stringify(module)};
      import { closeSync } from 'node:fs';
      const uncaught = new UncaughtErrors();
      uncaught.watch();
      closeSync(2);
      setTimeout(() => { throw new Error('x'); });
      setTimeout(() => console.log(uncaught.count), 50);`;
    const args = ['--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('1\n');
  });

  it('is logged by its kind and its code, never by what it quotes', () => {
    const system = Object.assign(new Error(`connect ${secret}`), { code: 'ECONNRESET', syscall: 'read' });
    expect(sketch(system)).toMatch(/^unexpected Error ECONNRESET read\n +at /);
    expect(sketch(Object.assign(new Error(''), { code: secret.repeat(9), name: `${secret} x` }))).not.toContain(secret);
    expect(sketch(null)).toBe('unexpected object');
    expect(sketch(new QccError('QCC_USAGE_INVALID', { text: 'our own words', hint: 'qcc x' }))).toContain(
      'our own words',
    );
    const json = (() => {
      try {
        return JSON.parse(`{"prompt":"${secret}`);
      } catch (error) {
        return error;
      }
    })();
    expect(sketch(json)).not.toContain(secret);
  });
});
