/** A scale of time on which long quiet spans are folded, so that what happened has the room. */

export interface Fold {
  readonly from: number;
  readonly to: number;
}

export interface TimeScale {
  readonly folds: readonly Fold[];
  /** From 0 to 1. */
  at(instant: number): number;
  /** The instant at a place from 0 to 1. */
  instant(at: number): number;
}

// A fold takes this part of the width, however long it is.
const foldWidth = 0.03;
// What is shorter than this part of the whole is not worth a fold.
const quietMin = 0.2;

/** @param events instants at which something happened; @param isFolded false draws every second alike */
export function timeScale(from: number, to: number, events: readonly number[], isFolded: boolean): TimeScale {
  const length = Math.max(1, to - from);
  const folds = isFolded ? foldsOf(from, to, events) : [];
  const folded = folds.reduce((sum, fold) => sum + fold.to - fold.from, 0);
  // What is left of the width for what is not folded.
  const open = (1 - folds.length * foldWidth) / Math.max(1, length - folded);
  const pieces = piecesOf(from, to, folds);
  const width = ({ fold, from: a, to: b }: Piece) => (fold ? foldWidth : (b - a) * open);
  return {
    folds,
    at: (instant) => {
      let place = 0;
      for (const piece of pieces) {
        if (instant <= piece.to) {
          const share = piece.to === piece.from ? 0 : (instant - piece.from) / (piece.to - piece.from);
          return clamped(place + Math.max(0, share) * width(piece));
        }
        place += width(piece);
      }
      return 1;
    },
    instant: (at) => {
      let place = 0;
      for (const piece of pieces) {
        const wide = width(piece);
        if (at <= place + wide) return piece.from + (wide === 0 ? 0 : (at - place) / wide) * (piece.to - piece.from);
        place += wide;
      }
      return to;
    },
  };
}

interface Piece extends Fold {
  readonly fold: boolean;
}

function foldsOf(from: number, to: number, events: readonly number[]): readonly Fold[] {
  const length = to - from;
  // What stands at the edge of a fold is seen with some room around it.
  const room = length * 0.02;
  const known = [...new Set(events.filter((at) => at > from && at < to))].sort((a, b) => a - b);
  const edges = [from, ...known, to];
  return edges.slice(1).flatMap((end, place) => {
    const begin = edges[place] ?? from;
    return end - begin > length * quietMin ? [{ from: begin + room, to: end - room }] : [];
  });
}

function piecesOf(from: number, to: number, folds: readonly Fold[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let at = from;
  for (const fold of folds) {
    pieces.push({ from: at, to: fold.from, fold: false }, { ...fold, fold: true });
    at = fold.to;
  }
  return [...pieces, { from: at, to, fold: false }];
}

const clamped = (place: number) => Math.min(1, Math.max(0, place));

const steps = [1, 5, 15, 60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800].map((seconds) => seconds * 1_000);

/** Round instants for a scale: at most so many. In the reader's zone whole hours stand on whole hours. */
export function ticksOf(from: number, to: number, most: number): readonly number[] {
  const step = steps.find((one) => (to - from) / one <= most) ?? (to - from) / most;
  const zone = new Date(from).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - zone) / step) * step + zone;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, place) => first + place * step);
}

export interface AxisTick {
  readonly at: number;
  /** It stands where a fold ends, and says when time goes on. */
  readonly fold: Fold | null;
}

/**
 * What the axis says: where each fold ends, because the round instants may all lie within folds, and round instants between.
 * @param gap so close to each other labels may stand, from 0 to 1: of two that are closer, the earlier word counts
 */
export function axisTicks(scale: TimeScale, from: number, to: number, gap: number): readonly AxisTick[] {
  const { folds } = scale;
  const kept: AxisTick[] = folds.map((fold) => ({ at: fold.to, fold }));
  // The label of a fold begins at the fold, and stands to its right.
  const isFree = (at: number) =>
    kept.every((one) => {
      const apart = scale.at(at) - scale.at(one.at);
      return one.fold === null ? Math.abs(apart) >= gap : apart >= 1.5 * gap || apart <= -0.6 * gap;
    });
  for (const [begin, end] of openSpans(from, to, folds)) {
    const most = Math.floor((scale.at(end) - scale.at(begin)) / gap);
    for (const at of most < 1 ? [] : ticksOf(begin, end, most)) if (isFree(at)) kept.push({ at, fold: null });
  }
  return kept.sort((a, b) => a.at - b.at);
}

function openSpans(from: number, to: number, folds: readonly Fold[]): readonly (readonly [number, number])[] {
  const begins = [from, ...folds.map((fold) => fold.to)];
  const ends = [...folds.map((fold) => fold.from), to];
  return begins.map((begin, place) => [begin, ends[place] ?? to] as const);
}

/** How much of the time is drawn. */
export function openLength(from: number, to: number, { folds }: TimeScale): number {
  return folds.reduce((left, fold) => left - (fold.to - fold.from), to - from);
}
