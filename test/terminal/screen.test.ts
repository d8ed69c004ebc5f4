/** The screen of a live view: only what changed is written, and the terminal comes back as it was. */
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Screen } from '../../src/terminal/screen.ts';

class Terminal extends EventEmitter {
  columns = 80;
  rows = 4;
  raw = false;
  paused = true;
  written: string[] = [];
  write(text: string): void {
    this.written.push(text.replaceAll('\u001b', '^'));
  }
  setRawMode(raw: boolean): void {
    this.raw = raw;
  }
  resume(): void {
    this.paused = false;
  }
  pause(): void {
    this.paused = true;
  }
  get last(): string {
    return this.written.at(-1) ?? '';
  }
}

function opened() {
  const before = process.listenerCount('SIGINT');
  const terminal = new Terminal();
  const screen = new Screen(terminal as never, terminal as never);
  return { terminal, screen, before };
}

describe('the full-screen view', () => {
  it('uses the alternate screen, without a cursor, and restores everything once', () => {
    const { terminal, screen, before } = opened();
    expect([terminal.last, terminal.raw, terminal.paused]).toEqual(['^[?1049h^[?25l', true, false]);
    screen.close();
    screen.close();
    expect(terminal.written.filter((text) => text === '^[?25h^[?1049l')).toHaveLength(1);
    expect([terminal.raw, terminal.paused]).toEqual([false, true]);
    expect(process.listenerCount('SIGINT')).toBe(before);
    expect(terminal.listenerCount('data')).toBe(0);
    screen.draw(['late']);
    expect(terminal.last).toBe('^[?25h^[?1049l');
  });

  it('writes changed lines in place, as one frame, and nothing when none changed', () => {
    const { terminal, screen } = opened();
    screen.draw(['one', 'two', 'three']);
    expect(terminal.last).toBe('^[?2026h^[1;1Hone^[K^[2;1Htwo^[K^[3;1Hthree^[K^[?2026l');
    screen.draw(['one', '2', 'three']);
    expect(terminal.last).toBe('^[?2026h^[2;1H2^[K^[?2026l');
    const { length } = terminal.written;
    screen.draw(['one', '2', 'three']);
    expect(terminal.written).toHaveLength(length);
    screen.draw(['one']);
    expect(terminal.last).toBe('^[?2026h^[2;1H^[J^[?2026l');
    screen.close();
  });

  it('never writes below the last row, and is redrawn when its size changes', () => {
    const { terminal, screen } = opened();
    screen.draw(['1', '2', '3', '4', '5', '6']);
    expect(terminal.last).not.toContain('^[5;1H');
    terminal.emit('resize');
    screen.draw(['1']);
    expect(terminal.last).toContain('^[1;1H1');
    screen.close();
  });

  it.each([
    ['q', 'quit'],
    ['\u001b', 'quit'],
    ['\u0003', 'interrupted'],
  ])('ends at %j', async (key, how) => {
    const { terminal, screen } = opened();
    terminal.emit('data', Buffer.from('x'));
    terminal.emit('data', Buffer.from(key));
    expect(await screen.ended).toBe(how);
    screen.close();
  });
});
