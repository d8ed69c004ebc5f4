/** How operations are bound to their handlers: each noun's, exhaustively, beside its functions. */
import type { Json } from '../contract/json.ts';
import type { AnswerOf, Operation, ParamsOf } from '../contract/operation.ts';
import type { Installation } from '../installation/installation.ts';
import type { LiveSide } from '../installation/live-side.ts';

/** A `Json` is the same answer, serialised by a worker. */
type Given<Answer> = Answer | Json | Promise<Answer | Json>;

/** A handler for each operation of a contract: a missing one does not compile. `live` is the gateway that runs for this home. */
export type Handlers<Contract extends Readonly<Record<string, Operation>>> = {
  readonly [Name in keyof Contract]: (
    it: Installation,
    params: ParamsOf<Contract[Name]>,
    live: Contract[Name]['needsGateway'] extends true ? LiveSide : LiveSide | undefined,
  ) => Given<AnswerOf<Contract[Name]>>;
};
