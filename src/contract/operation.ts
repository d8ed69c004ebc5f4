/** The description of an operation: its input, its answer, and its effect on a home. */
import type * as v from 'valibot';

/**
 * `alone`: one at a time, because what the operation has checked must still hold when it finishes. `unmade`: its behaviour while there is
 * no home: it is answered as for an empty installation, or the home is created for it.
 */
const effects = {
  /** Changes nothing. */
  asks: { alone: false, unmade: 'answered' },
  /** Writes facts. */
  changes: { alone: true, unmade: 'made' },
  /** Writes facts about existing nouns. Where there are none, it reports that it finds nothing. */
  changesWhatIs: { alone: true, unmade: 'answered' },
  /** Returns settings, or changes the given ones. */
  showsOrChanges: { alone: true, unmade: 'answeredWithoutInput' },
  /** Writes no fact, but creates or inspects a home. */
  tends: { alone: false, unmade: 'made' },
  /** Copies a home, in which no change may be half done. */
  copies: { alone: true, unmade: 'made' },
} as const;
type Effect = keyof typeof effects;

/** What the page in the browser may ask: anything that only shows, what changes something with a bearer that may write, or never. */
export type PageScope = 'read' | 'write' | 'never';

/** @template Brings what the operation itself adds to the input, when another part answers it */
export interface Operation<
  Input extends object = object,
  Answer = unknown,
  Brings extends object = object,
  NeedsGateway extends boolean = boolean,
> {
  readonly input: v.GenericSchema<unknown, Input>;
  /** Keys, whole files and the end of the gateway belong to the terminal. */
  readonly page: PageScope;
  readonly alone: boolean;
  readonly unmade: (typeof effects)[Effect]['unmade'];
  /** Only a running gateway can answer it. */
  readonly needsGateway: NeedsGateway;
  /** The answer's type, without a value. */
  readonly answer?: Answer;
  readonly brings?: Brings;
}

export type ParamsOf<One extends Operation> =
  One extends Operation<infer Input, unknown, infer Brings> ? Readonly<Input> & Brings : never;
export type AnswerOf<One extends Operation> = One extends Operation<object, infer Answer> ? Answer : never;

const operation =
  <NeedsGateway extends boolean>(effect: Effect, needsGateway: NeedsGateway) =>
  <Input extends object>(page: PageScope, input: v.GenericSchema<unknown, Input>) => ({
    answers: <Answer, Brings extends object = object>(): Operation<Input, Answer, Brings, NeedsGateway> => ({
      input,
      page,
      needsGateway,
      ...effects[effect],
    }),
  });

export const asks = operation('asks', false);
export const asksGateway = operation('asks', true);
export const changes = operation('changes', false);
export const changesWhatIs = operation('changesWhatIs', false);
export const showsOrChanges = operation('showsOrChanges', false);
export const tends = operation('tends', false);
export const copies = operation('copies', false);
