/** What every fact has in common. Facts are past tense, are written once, and never change. */

/** A span or an instant in milliseconds. Names say which: `…Ms` is a span, `…At` and `until` are instants. */
export type Millis = number;

/** Something that happened: its type, and what it says. */
export interface Fact<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** Who caused a fact to be written. */
export type By = 'traffic' | 'probe' | 'timer' | 'retry' | 'cli' | 'gateway';

/**
 * A fact as the log holds it.
 *
 * `seq` is global and has no gaps; `version` has no gaps in its stream; `at` never runs backwards;
 * `v` is the version of the type's shape; `cause` is the `seq` of the fact that led to this one.
 */
export interface Recorded<F extends Fact = Fact> {
  readonly seq: number;
  readonly at: Millis;
  readonly stream: string;
  readonly version: number;
  readonly id: string;
  readonly type: F['type'];
  readonly v: number;
  readonly data: F['data'];
  readonly cause: number | null;
  readonly by: By;
}
