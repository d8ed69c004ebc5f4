/**
 * Verifies that the disk still holds what was written: at the start, and repeatedly while the gateway runs. LevelDB and the system notice a
 * damaged file only when it is read, which may be in a month.
 */
import { join } from 'node:path';
import { homeFindings } from '../config/files/home-files.ts';
import { type Check, fault, warning } from '../contract/checks.ts';
import type { Installation } from '../installation/installation.ts';
import { keepChecked, stampOf } from '../log/checked-tables.ts';
import { type Range, rangeOf, without } from '../log/damage.ts';
import { tableDamaged } from '../log/level-database.ts';
import { checkTable, damagedTables, tablesIn } from '../log/tables.ts';
import type { ReplayPool } from '../pool/pool.ts';
import { toldLosses } from '../runtime/losses.ts';

// Damage is reported within a minute.
const everyMs = 20_000;
// Unchanged tables are read again: data on a disk decays silently. For the first time soon, because those that a former life has read are
// not read at the start, and a gateway may live for less than an hour; not at once, because the thread that reads them takes 20 MB.
const againAfterMs = 3_600_000;
const firstAfterMs = 600_000;

type Scrub = Pick<ReplayPool, 'scrub' | 'distrust'>;

export class Inspector {
  readonly #installation: Installation;
  /** By name: the file's metadata when the table was last found intact. */
  readonly #whole: Map<string, string>;
  readonly #bad = new Set<string>();
  readonly #lostBodies = new Set<string>();
  /** By name: the file's metadata when the body was last read in full. */
  readonly #wholeBodies = new Map<string, string>();
  #files: readonly Check[] = [];
  /** Losses of former lives of the gateway: they cannot be repaired any more. */
  #told: readonly Range[] = [];
  #againAt = performance.now() + firstAfterMs;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;
  /** The list of intact tables is stored, as far as it goes. */
  #isKept = false;

  constructor(installation: Installation) {
    this.#installation = installation;
    this.#whole = new Map(installation.core.log.checked);
  }

  /** Before the gateway accepts requests: the files. The log's other tables were checked before the log was opened. */
  async first(): Promise<void> {
    this.#lookAtFiles();
    this.#lookAtJournals();
    const { log } = this.#installation.core;
    if (log.damage.length > 0) this.#told = (await toldLosses(log)).map(rangeOf);
  }

  start(pool: Scrub): void {
    const look = () => {
      void this.look(pool)
        // A failure here was reported by its subject, or is tried again.
        .catch(() => {})
        .finally(() => {
          if (!this.#isStopped) this.#timer = setTimeout(look, everyMs).unref();
        });
    };
    look();
  }

  /** Abandons the check that is running, without waiting for it. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  /** The present faults, each with the command that repairs it. */
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

  /** What stood in a journal was written as a table when the log was opened: to read it costs milliseconds now, and a thread later. */
  #lookAtJournals(): void {
    for (const name of this.#tables()) {
      const stamp = this.#stamp(name);
      // Where it is not known to be intact, the next look tells.
      if (!this.#whole.has(name) && checkTable(join(this.#installation.paths.log, name)) === undefined)
        this.#whole.set(name, stamp);
    }
  }

  #lookAtFiles(): void {
    this.#files = fileChecks(this.#installation.home);
  }

  /** One pass over everything. */
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
    if (performance.now() > this.#againAt) {
      this.#againAt = performance.now() + againAfterMs;
      this.#whole.clear();
      this.#wholeBodies.clear();
    }
    if (this.#bad.size === 0) this.#distrust(pool);
    const unsure = names.filter((name) => this.#whole.get(name) !== this.#stamp(name));
    if (unsure.length > 0 && !this.#isStopped) await this.#readTables(pool, unsure);
    // A start after a kill need not read all of them again.
    if (this.#isKept || this.#bad.size > 0 || this.#isStopped) return;
    keepChecked(dir, this.#whole);
    this.#isKept = true;
  }

  async #readTables(pool: Scrub, unsure: readonly string[]): Promise<void> {
    const stamps = new Map(unsure.map((name) => [name, this.#stamp(name)]));
    const bad = new Set(await pool.scrub(this.#installation.paths.log, unsure));
    for (const name of unsure) this.#note(name, !bad.has(name), stamps.get(name));
    this.#distrust(pool);
    this.#isKept = false;
  }

  #tables(): string[] {
    try {
      return [...tablesIn(this.#installation.paths.log)];
    } catch {
      // The folder itself is missing: the log reports that at its next read.
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
   * LevelDB may end the process over a damaged table: while there is one, the past is not read, and requests go on. The repair reports what
   * the table held.
   */
  #distrust(pool: Scrub): void {
    const [first] = this.#bad;
    const { core, paths } = this.#installation;
    core.log.distrust?.(first);
    pool.distrust(paths.log, first === undefined ? undefined : tableDamaged(paths.log, first));
  }

  /** Bodies of requests and answers that are still needed. */
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
    // Yields to other work between two bodies.
    await new Promise(setImmediate);
    if (isWhole) {
      this.#wholeBodies.set(ref, stamp);
      this.#lostBodies.delete(ref);
    } else if (this.#installation.core.state.queue.blobs().has(ref)) this.#lostBodies.add(ref);
    // It was destroyed during the check.
    else this.#lostBodies.delete(ref);
  }
}

/** The files of a home that are not as they should be. */
export function fileChecks(home: string): readonly Check[] {
  return homeFindings(home).map(({ path, name, wrong }) =>
    wrong === 'forbidden'
      ? fault('home.file', { name, wrong }, `chmod u+rwX ${path}`)
      : fault('home.file', { name, wrong }, name === 'log' ? 'qcc history repair' : 'qcc config doctor --fix'),
  );
}

/** Endpoints whose key is in no vault: they cannot be called. */
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

/** Without a gateway that has checked before: everything at once. */
export function tableChecks({ paths: { log: dir } }: Installation): readonly Check[] {
  const bad = damagedTables(dir);
  return bad.length === 0
    ? []
    : [fault('log.tables', { count: bad.length, first: `log/${bad[0]}` }, 'qcc history repair')];
}
