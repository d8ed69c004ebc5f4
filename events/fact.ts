/** What every fact has in common. Facts are past tense, are written once, and never change. */

/** A span or an instant in milliseconds. Names say which: `…Ms` is a span, `…At` and `until` are instants. */
export type Millis = number;

/** Something that happened: its type, and what it says. */
export interface Fact<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly data: Readonly<Data>;
}

/** Who caused a fact to be written. */
export type By = 'traffic' | 'probe' | 'timer' | 'retry' | 'cli' | 'gateway' | 'fleet';

interface Envelope {
  readonly seq: number;
  readonly at: Millis;
  readonly stream: string;
  readonly version: number;
  readonly id: string;
  readonly v: number;
  readonly cause: number | null;
  readonly by: By;
}

/**
 * A fact as the log holds it. Of a union of facts it is a union, so that `type` tells what `data` is.
 *
 * `seq` is global and has no gaps; `version` has no gaps in its stream; `at` never runs backwards;
 * `v` is the version of the type's shape; `cause` is the `seq` of the fact that led to this one.
 */
export type Recorded<F extends Fact = Fact> = F extends Fact ? Envelope & Pick<F, 'type' | 'data'> : never;
