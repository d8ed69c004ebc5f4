/** What an operation is: what it may be given, what it answers, and what it does to a home. */
import type * as v from 'valibot';

/**
 * `alone`: one at a time, for what it has looked at must still be so when it is done. `unmade`: what becomes of it where no home has
 * been made. It is answered as of an empty installation, or the home is made for it.
 */
const effects = {
  /** Changes nothing. */
  asks: { alone: false, unmade: 'answered' },
  /** Writes facts. */
  changes: { alone: true, unmade: 'made' },
  /** Writes facts about what is there. Where nothing is, it finds nothing, and says so. */
  changesWhatIs: { alone: true, unmade: 'answered' },
  /** Shows settings, or changes those that it is given. */
  showsOrChanges: { alone: true, unmade: 'answeredWithoutInput' },
  /** Writes no fact, and makes or looks after a home. */
  tends: { alone: false, unmade: 'made' },
  /** Copies a home, in which no change may be half done. */
  copies: { alone: true, unmade: 'made' },
} as const;
type Effect = keyof typeof effects;

/** @template Brings what the operation itself adds to the question, when another part answers it */
export interface Operation<
  Input extends object = object,
  Answer = unknown,
  Brings extends object = object,
  NeedsGateway extends boolean = boolean,
> {
  readonly input: v.GenericSchema<unknown, Input>;
  readonly alone: boolean;
  readonly unmade: (typeof effects)[Effect]['unmade'];
  /** Only a running gateway can answer it. */
  readonly needsGateway: NeedsGateway;
  /** A type, and no value: what it answers. */
  readonly answer?: Answer;
  readonly brings?: Brings;
}

export type ParamsOf<One extends Operation> =
  One extends Operation<infer Input, unknown, infer Brings> ? Readonly<Input> & Brings : never;
export type AnswerOf<One extends Operation> = One extends Operation<object, infer Answer> ? Answer : never;

const operation =
  <NeedsGateway extends boolean>(effect: Effect, needsGateway: NeedsGateway) =>
  <Input extends object>(input: v.GenericSchema<unknown, Input>) => ({
    answers: <Answer, Brings extends object = object>(): Operation<Input, Answer, Brings, NeedsGateway> => ({
      input,
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
