/** `qcc demo`: sends real requests through a real gateway to simulated endpoints that fail, and reports events as they happen. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { secondMs } from '../../../events/units.ts';
import { type DemoWords, demoWords } from '../../messages/demo.ts';
import { shellWord } from '../../platform/shell-word.ts';
import { askOnce, type Seen } from './client.ts';
import { factIndent, factLine, type Paint, requestIndent, requestLine, type Voice, voiceOf } from './demo-lines.ts';
import { letTimePass, type Scene, scenes } from './scenes.ts';
import { type Stage, setStage } from './stage.ts';

export interface DemoOptions {
  /** The gateway's port; any free one if undefined. */
  readonly port?: number;
  /** Plays all scenes once; otherwise repeats them until Ctrl-C. */
  readonly once: boolean;
  /** 2 is twice as fast. The gateway's own timers, which count whole seconds, do not go faster. */
  readonly speed: number;
  readonly lang: 'en' | 'zh-CN';
  readonly paint: Paint;
  /** The demo's home, which stays: a folder that does not exist yet, or is empty. */
  readonly keep?: string;
  /** @param indent of continuation lines on a narrow terminal: the column in which the sentence begins. `whole`: the line is not broken */
  out(line: string, indent?: number | 'whole'): void;
}

export interface DemoSummary {
  /** What the client sent, retries included. */
  readonly requests: number;
  /** The turns that the client started. */
  readonly turns: number;
  /** Turns that were answered in the end. */
  readonly answered: number;
  /** Requests that were answered by another endpoint than the one asked first. */
  readonly failovers: number;
  readonly cut: number;
  readonly refused: number;
  /** Changes of the active profile. */
  readonly switches: number;
  readonly durationMs: number;
  /** The home that was kept. */
  readonly home?: string;
}

// Long enough to read a line, short enough for all scenes in fifteen seconds.
const betweenTurnsMs = 150;
const betweenScenesMs = 400;
// Claude Code's first retry comes after half a second.
const askAgainMs = 500;
// A turn that is not answered after this many requests is lost.
const requestsATurnMax = 6;

/** @throws {QccError} when the gateway cannot start, for example because the port is taken */
export async function playDemo(options: DemoOptions): Promise<{ readonly ok: boolean; readonly summary: DemoSummary }> {
  const speed = options.speed > 0 ? options.speed : 1;
  const words = demoWords(options.lang);
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const stage = await setStage({ port: options.port ?? 0, speed, keep: options.keep });
  try {
    const day = new Day(stage, { ...options, speed }, words, interrupted.signal);
    day.open();
    do await day.play();
    while (!options.once && !interrupted.signal.aborted && day.goesOn());
    return await day.close();
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    await stage.close();
  }
}

class Day {
  readonly #stage: Stage;
  readonly #options: DemoOptions;
  readonly #words: DemoWords;
  readonly #voice: Voice;
  readonly #interrupted: AbortSignal;
  readonly #began = performance.now();
  readonly #counts = { requests: 0, turns: 0, answered: 0, failovers: 0, cut: 0, refused: 0, switches: 0 };
  #scene: Scene | undefined;
  #session = '';
  #refusedInScene = 0;

  constructor(stage: Stage, options: DemoOptions, words: DemoWords, interrupted: AbortSignal) {
    this.#stage = stage;
    this.#options = options;
    this.#words = words;
    this.#interrupted = interrupted;
    this.#voice = voiceOf(words, options.paint, stage);
  }

  open(): void {
    const { out, paint } = this.#options;
    out(paint('bold', this.#words.title));
    out(paint('dim', this.#words.setting(this.#stage.url)));
    out(paint('dim', this.#options.once ? this.#words.leaveOnce : this.#words.leave));
  }

  goesOn(): boolean {
    this.#options.out('');
    this.#options.out(this.#words.again);
    return true;
  }

  async play(): Promise<void> {
    await this.#stage.newFacts();
    for (const scene of scenes) {
      if (this.#interrupted.aborted) return;
      await this.#playScene(scene);
    }
  }

  async #playScene(scene: Scene): Promise<void> {
    const { out, paint } = this.#options;
    this.#scene = scene;
    this.#session = randomUUID();
    this.#refusedInScene = 0;
    out('');
    out(`${paint(['bold', 'blue'], this.#words[scene.name])} ${paint('dim', `- ${this.#words[`${scene.name}Is`]}`)}`);
    await scene.begin(this.#stage);
    await this.#playTurns(scene);
    const repaired = await scene.repair?.(this.#stage);
    if (repaired) out(paint('magenta', ` ⚒ ${this.#words[repaired]}`));
    await scene.end?.(this.#stage);
    await this.#tellFacts();
    await this.#wait(betweenScenesMs);
    if (scene.name === 'allOut' || this.#interrupted.aborted) return;
    // Between scenes: small turns of another session, which are not counted, until all endpoints are healthy.
    await letTimePass(this.#stage, () => askOnce(this.#stage.url, randomUUID(), 'hello'));
    await this.#countSwitches(await this.#stage.newFacts());
  }

  async #playTurns(scene: Scene): Promise<void> {
    const turnsMax = scene.turns + (scene.turnsMore ?? 0);
    for (let turn = 0; turn < turnsMax && !this.#interrupted.aborted; turn++) {
      if (turn >= scene.turns && (await scene.until?.(this.#stage)) !== false) return;
      if (scene.newSessions) this.#session = randomUUID();
      await this.#takeTurn();
      // This waits for the gateway's own timers, which no speed shortens.
      const { pauseMs = betweenTurnsMs } = scene;
      await this.#wait(turn < scene.turns - 1 ? betweenTurnsMs : pauseMs * this.#options.speed);
    }
  }

  /** Retries as Claude Code does: at once after a broken answer, and after `retry-after` when refused. */
  async #takeTurn(): Promise<void> {
    this.#counts.turns++;
    for (let again = 0; again < requestsATurnMax; again++) {
      const seen = await askOnce(this.#stage.url, this.#session, 'hello');
      this.#count(seen);
      const line = { number: this.#counts.requests, seen, isAgain: again > 0 };
      this.#options.out(requestLine(line, this.#voice), requestIndent);
      await this.#tellFacts();
      if (seen.outcome === 'answered') {
        this.#counts.answered++;
        return;
      }
      if (seen.outcome === 'failed' || this.#interrupted.aborted) return;
      await this.#beforeNext(seen);
    }
  }

  async #beforeNext(seen: Seen): Promise<void> {
    if (seen.outcome === 'cut') return this.#wait(askAgainMs);
    this.#refusedInScene++;
    if (this.#scene?.mendAfter === this.#refusedInScene) await this.#scene.mend?.(this.#stage);
    // The gateway counts whole seconds; a faster retry would be too early.
    return this.#wait((seen.retryAfterS ?? 1) * secondMs * this.#options.speed);
  }

  #count({ outcome, attempts }: Seen): void {
    this.#counts.requests++;
    if (outcome === 'answered' && attempts > 1) this.#counts.failovers++;
    if (outcome === 'cut') this.#counts.cut++;
    if (outcome === 'refused') this.#counts.refused++;
  }

  async #tellFacts(): Promise<void> {
    const facts = await this.#stage.newFacts();
    this.#countSwitches(facts);
    for (const fact of facts) {
      const line = factLine(fact, this.#voice);
      if (line !== undefined) this.#options.out(line, factIndent);
    }
  }

  #countSwitches(facts: Awaited<ReturnType<Stage['newFacts']>>): void {
    this.#counts.switches += facts.filter(({ type }) => type === 'FailedOver' || type === 'Recovered').length;
  }

  async #wait(ms: number): Promise<void> {
    await sleep(ms / this.#options.speed, undefined, { signal: this.#interrupted }).catch(() => undefined);
  }

  async close(): Promise<{ readonly ok: boolean; readonly summary: DemoSummary }> {
    const { out, paint } = this.#options;
    const words = this.#words;
    const { requests, turns, answered, failovers, cut, refused, switches } = this.#counts;
    const ok = answered === turns || this.#interrupted.aborted;
    out('');
    out(paint('bold', words.summary));
    for (const [number, what] of [
      [requests, words.requests],
      [failovers, words.saved],
      [cut, words.cuts],
      [refused, words.refusals],
      [switches, words.switches],
    ] as const) {
      out(`${String(number).padStart(6)}  ${what}`);
    }
    const verdict = words.verdict(words.turns(answered, turns), ok ? words.allAnswered : words.someLost);
    out(paint(ok ? 'green' : 'red', verdict));
    const durationMs = Math.round(performance.now() - this.#began);
    const { kept } = this.#stage;
    if (kept === null) out(paint('dim', words.keepNext));
    else await this.#tellKept(kept);
    return { ok, summary: { ...this.#counts, durationMs, ...(kept === null ? {} : { home: kept }) } };
  }

  /** The commands to try on the home, each in the form to type: a wrapped line could not be copied. */
  async #tellKept(home: string): Promise<void> {
    const { out, paint } = this.#options;
    const words = this.#words;
    const moved = await this.#stage.movedRequest();
    const asks = [
      [`export QCC_HOME=${shellWord(home)}`, words.tryHome],
      ...(moved === null ? [] : [[`qcc history explain ${moved}`, words.tryExplain] as const]),
      ['qcc incidents', words.tryIncidents],
      ['qcc priority history', words.trySwitches],
      ['qcc history --limit 30', words.tryHistory],
      ['qcc history what-if --set failover.failure_threshold=5', words.tryWhatIf],
      ['qcc proxy stats', words.tryStats],
      [`rm -r ${shellWord(home)}`, words.tryRemove],
    ] as const;
    out('');
    out(paint('bold', words.kept(home)));
    for (const [command, why] of asks) {
      out(paint('dim', `  # ${why}`), 4);
      out(`  ${command}`, 'whole');
    }
  }
}
