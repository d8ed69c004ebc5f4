/**
 * Looks whether what is on the disk is still what was written: at the start, and again and again while the gateway runs. LevelDB and
 * the system notice a damaged file when somebody reads it, which may be in a month.
 */
import { join } from 'node:path';
import { homeFindings } from '../config/files/home-files.ts';
import { type Check, fault, warning } from '../contract/checks.ts';
import type { Installation } from '../installation/installation.ts';
import { keepChecked, stampOf } from '../log/checked-tables.ts';
import { type Range, rangeOf, without } from '../log/damage.ts';
import { tableDamaged } from '../log/level-database.ts';
import { damagedTables, tablesIn } from '../log/tables.ts';
import type { ReplayPool } from '../pool/pool.ts';
import { toldLosses } from '../runtime/losses.ts';

// What is damaged is told within a minute.
const everyMs = 20_000;
// Tables that nobody has touched are read again: a disk forgets without telling.
const againAfterMs = 3_600_000;

type Scrub = Pick<ReplayPool, 'scrub' | 'distrust'>;

export class Inspector {
  readonly #installation: Installation;
  /** By name: what each table was when it was found whole. */
  readonly #whole = new Map<string, string>();
  readonly #bad = new Set<string>();
  readonly #lostBodies = new Set<string>();
  /** By name: what each body was when all of it was read. */
  readonly #wholeBodies = new Map<string, string>();
  #files: readonly Check[] = [];
  /** By former lives: there is nothing to do about these any more. */
  #told: readonly Range[] = [];
  #allReadAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(installation: Installation) {
    this.#installation = installation;
  }

  /** Before anybody is let in: the files. The tables of the log were looked at before it was opened. */
  async first(): Promise<void> {
    this.#lookAtFiles();
    const { log } = this.#installation.core;
    if (log.damage.length > 0) this.#told = (await toldLosses(log)).map(rangeOf);
  }

  start(pool: Scrub): void {
    const look = () => {
      void this.look(pool)
        // Whatever fails here is told by what it was about, or tried again.
        .catch(() => {})
        .finally(() => {
          if (!this.#isStopped) this.#timer = setTimeout(look, everyMs).unref();
        });
    };
    look();
  }

  /** What it looks at right now is left where it is: nobody waits for it. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** What is wrong now, with the command that mends it. */
  found(): readonly Check[] {
    const { log } = this.#installation.core;
    const untold = log.damage.flatMap((one) => without(rangeOf(one), this.#told));
    const lost = untold.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    const [first = ''] = this.#bad;
    return [
      ...this.#files,
      ...keylessChecks(this.#installation),
      ...(lost > 0 ? [warning('log.damage', { facts: lost }, 'qcc history verify, and qcc history repair')] : []),
      ...(this.#bad.size > 0
        ? [
            fault(
              'log.tables',
              { count: this.#bad.size, first: `log/${first}` },
              'qcc proxy stop, then qcc history repair',
            ),
          ]
        : []),
      ...(this.#lostBodies.size > 0
        ? [warning('queue.bodies', { count: this.#lostBodies.size }, 'qcc queue list')]
        : []),
    ];
  }

  #lookAtFiles(): void {
    this.#files = fileChecks(this.#installation.home);
  }

  /** Once over all of it. */
  async look(pool: Scrub): Promise<void> {
    this.#lookAtFiles();
    await this.#lookAtTables(pool);
    await this.#lookAtBodies();
  }

  async #lookAtTables(pool: Scrub): Promise<void> {
    const { log: dir } = this.#installation.paths;
    const names = this.#tables();
    for (const known of [...this.#whole.keys(), ...this.#bad])
      if (!names.includes(known)) {
        this.#whole.delete(known);
        this.#bad.delete(known);
      }
    if (performance.now() - this.#allReadAt > againAfterMs) {
      this.#allReadAt = performance.now();
      this.#whole.clear();
      this.#wholeBodies.clear();
    }
    if (this.#bad.size === 0) this.#distrust(pool);
    const unsure = names.filter((name) => this.#whole.get(name) !== this.#stamp(name));
    if (unsure.length === 0 || this.#isStopped) return;
    const stamps = new Map(unsure.map((name) => [name, this.#stamp(name)]));
    const bad = new Set(await pool.scrub(dir, unsure));
    for (const name of unsure) this.#note(name, !bad.has(name), stamps.get(name));
    this.#distrust(pool);
    // A start that comes after a kill need not read all of them again.
    if (this.#bad.size === 0 && !this.#isStopped) keepChecked(dir, this.#whole);
  }

  #tables(): string[] {
    try {
      return [...tablesIn(this.#installation.paths.log)];
    } catch {
      // The folder itself is gone: the log says so as soon as it reads.
      return [];
    }
  }

  #stamp(name: string): string {
    return stampOf(join(this.#installation.paths.log, name));
  }

  #note(name: string, isWhole: boolean, stamp = this.#stamp(name)): void {
    if (isWhole) {
      this.#bad.delete(name);
      this.#whole.set(name, stamp);
    } else if (stamp !== 'gone') this.#bad.add(name);
  }

  /**
   * LevelDB may end the process over a damaged table: while there is one, nobody reads the past, and requests go on. What stood there is
   * told by the repair.
   */
  #distrust(pool: Scrub): void {
    const [first] = this.#bad;
    const { core, paths } = this.#installation;
    core.log.distrust?.(first);
    pool.distrust(paths.log, first === undefined ? undefined : tableDamaged(paths.log, first));
  }

  /** Bodies of requests and answers that somebody still counts on. */
  async #lookAtBodies(): Promise<void> {
    const { core, paths, blobs } = this.#installation;
    const live = core.state.queue.blobs();
    for (const known of [this.#wholeBodies, this.#lostBodies])
      for (const ref of known.keys()) if (!live.has(ref)) known.delete(ref);
    const unsure = [...live].filter((ref) => this.#wholeBodies.get(ref) !== stampOf(join(paths.bodies, ref)));
    if (unsure.length === 0) return;
    const kept = await blobs();
    for (const ref of unsure) {
      if (this.#isStopped) return;
      const stamp = stampOf(join(paths.bodies, ref));
      await this.#noteBody(ref, stamp, stamp !== 'gone' && (await kept.isWhole(ref)));
    }
  }

  async #noteBody(ref: string, stamp: string, isWhole: boolean): Promise<void> {
    // Others have their turn between two of them.
    await new Promise(setImmediate);
    if (isWhole) {
      this.#wholeBodies.set(ref, stamp);
      this.#lostBodies.delete(ref);
    } else if (this.#installation.core.state.queue.blobs().has(ref)) this.#lostBodies.add(ref);
    // It was destroyed while it was looked at.
    else this.#lostBodies.delete(ref);
  }
}

/** The files of a home that are not what they ought to be. */
export function fileChecks(home: string): readonly Check[] {
  return homeFindings(home).map(({ path, name, wrong }) =>
    wrong === 'forbidden'
      ? fault('home.file', { name, wrong }, `chmod u+rwX ${path}`)
      : fault('home.file', { name, wrong }, name === 'log' ? 'qcc history repair' : 'qcc config doctor --fix'),
  );
}

/** Endpoints whose key is in no vault: nothing can be asked of them. */
function keylessChecks({ core, vault }: Installation): readonly Check[] {
  return core.state.profiles
    .endpoints()
    .filter(({ secret }) => !has(vault, secret))
    .map(({ profile, id, baseUrl }) =>
      fault('endpoint.key', { profile, endpoint: id, baseUrl }, `qcc endpoint update ${profile} ${id} --api-key-stdin`),
    );
}

function has(vault: Installation['vault'], secret: string): boolean {
  try {
    return vault.has(secret);
  } catch {
    return false;
  }
}

/** Where no gateway runs that could have looked: all of it at once. */
export function tableChecks({ paths: { log: dir } }: Installation): readonly Check[] {
  const bad = damagedTables(dir);
  return bad.length === 0
    ? []
    : [fault('log.tables', { count: bad.length, first: `log/${bad[0]}` }, 'qcc history repair')];
}
